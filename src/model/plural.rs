//! English plurals and singulars of snake-case names.
//!
//! Only the last word changes: `order_line` becomes `order_lines`. A schema can
//! always say `plural:`; this is what spares people from having to.

/// Words whose plural follows no rule, each as (singular, plural).
const IRREGULAR: &[(&str, &str)] = &[
    ("addendum", "addenda"),
    ("alumnus", "alumni"),
    ("analysis", "analyses"),
    ("appendix", "appendices"),
    ("axis", "axes"),
    ("bacterium", "bacteria"),
    ("basis", "bases"),
    ("bison", "bison"),
    ("cactus", "cacti"),
    ("calf", "calves"),
    ("child", "children"),
    ("crisis", "crises"),
    ("criterion", "criteria"),
    ("curriculum", "curricula"),
    ("datum", "data"),
    ("diagnosis", "diagnoses"),
    ("echo", "echoes"),
    ("elf", "elves"),
    ("embargo", "embargoes"),
    ("emphasis", "emphases"),
    ("foot", "feet"),
    ("fungus", "fungi"),
    ("goose", "geese"),
    ("grandchild", "grandchildren"),
    ("half", "halves"),
    ("hero", "heroes"),
    ("hypothesis", "hypotheses"),
    ("index", "indexes"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("loaf", "loaves"),
    ("louse", "lice"),
    ("man", "men"),
    ("matrix", "matrices"),
    ("medium", "media"),
    ("mouse", "mice"),
    ("movie", "movies"),
    ("nucleus", "nuclei"),
    ("oasis", "oases"),
    ("ox", "oxen"),
    ("parenthesis", "parentheses"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("potato", "potatoes"),
    ("prognosis", "prognoses"),
    ("quiz", "quizzes"),
    ("salesman", "salesmen"),
    ("salesperson", "salespeople"),
    ("schema", "schemas"),
    ("self", "selves"),
    ("shelf", "shelves"),
    ("stimulus", "stimuli"),
    ("synopsis", "synopses"),
    ("synthesis", "syntheses"),
    ("thesis", "theses"),
    ("thief", "thieves"),
    ("tomato", "tomatoes"),
    ("tooth", "teeth"),
    ("torpedo", "torpedoes"),
    ("vertex", "vertices"),
    ("veto", "vetoes"),
    ("whiz", "whizzes"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("woman", "women"),
    // Regular, but their plurals look like other words' plurals to the singular's rules.
    ("alias", "aliases"),
    ("atlas", "atlases"),
    ("bias", "biases"),
    ("bonus", "bonuses"),
    ("bus", "buses"),
    ("cache", "caches"),
    ("calorie", "calories"),
    ("campus", "campuses"),
    ("canvas", "canvases"),
    ("case", "cases"),
    ("census", "censuses"),
    ("cookie", "cookies"),
    ("course", "courses"),
    ("database", "databases"),
    ("die", "dice"),
    ("expense", "expenses"),
    ("gas", "gases"),
    ("horse", "horses"),
    ("house", "houses"),
    ("lens", "lenses"),
    ("license", "licenses"),
    ("nurse", "nurses"),
    ("phase", "phases"),
    ("pie", "pies"),
    ("plus", "pluses"),
    ("prize", "prizes"),
    ("purchase", "purchases"),
    ("purpose", "purposes"),
    ("release", "releases"),
    ("response", "responses"),
    ("size", "sizes"),
    ("status", "statuses"),
    ("tie", "ties"),
    ("use", "uses"),
    ("virus", "viruses"),
    ("warehouse", "warehouses"),
    ("zombie", "zombies"),
];

/// Words that are their own plural, or whose plural nobody says.
const UNCOUNTABLE: &[&str] = &[
    "advice",
    "aircraft",
    "audio",
    "baggage",
    "data",
    "deer",
    "equipment",
    "evidence",
    "feedback",
    "fish",
    "furniture",
    "hardware",
    "health",
    "homework",
    "information",
    "jewelry",
    "knowledge",
    "luggage",
    "machinery",
    "media",
    "metadata",
    "money",
    "moose",
    "news",
    "offspring",
    "police",
    "rice",
    "salmon",
    "series",
    "sheep",
    "shrimp",
    "software",
    "spacecraft",
    "species",
    "staff",
    "swine",
    "traffic",
    "trout",
    "weather",
];

/// The plural of a snake-case name.
pub fn plural(snake: &str) -> String {
    with_last_word(snake, plural_word)
}

/// The singular of a snake-case name that is a plural.
pub fn singular(snake: &str) -> String {
    with_last_word(snake, singular_word)
}

fn with_last_word(snake: &str, change: fn(&str) -> String) -> String {
    match snake.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", change(last)),
        None => change(snake),
    }
}

fn plural_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    let before_y = |rest: &str| {
        rest.ends_with(|c: char| c.is_ascii_alphabetic() && !is_vowel(c)) || rest.ends_with("qu")
    };
    match word.strip_suffix('y') {
        Some(rest) if before_y(rest) => format!("{rest}ies"),
        _ if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") => {
            format!("{word}es")
        }
        _ => format!("{word}s"),
    }
}

fn singular_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) {
        return word.to_owned();
    }
    if let Some((singular, _)) = IRREGULAR.iter().find(|(_, plural)| *plural == word) {
        return (*singular).to_owned();
    }
    let hissing = |rest: &str| {
        rest.ends_with("ss")
            || rest.ends_with(['x', 'z'])
            || rest.ends_with("ch")
            || rest.ends_with("sh")
            || rest.ends_with("us")
    };
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() > 1) {
        return format!("{rest}y");
    }
    if let Some(rest) = word.strip_suffix("es").filter(|rest| hissing(rest)) {
        return rest.to_owned();
    }
    match word.strip_suffix('s') {
        Some(rest)
            if !rest.is_empty()
                && !rest.ends_with('s')
                && !word.ends_with("us")
                && !word.ends_with("is") =>
        {
            rest.to_owned()
        }
        _ => word.to_owned(),
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_and_back() {
        for (one, many) in [
            ("order", "orders"),
            ("order_line", "order_lines"),
            ("category", "categories"),
            ("day", "days"),
            ("status", "statuses"),
            ("address", "addresses"),
            ("bus", "buses"),
            ("quiz", "quizzes"),
            ("person", "people"),
            ("child", "children"),
            ("campus", "campuses"),
            ("drive", "drives"),
            ("calorie", "calories"),
            ("raw_bonus", "raw_bonuses"),
            ("meta", "metas"),
            ("quota", "quotas"),
            ("delta", "deltas"),
            ("beta", "betas"),
            ("box", "boxes"),
            ("batch", "batches"),
            ("dish", "dishes"),
            ("key", "keys"),
            ("soliloquy", "soliloquies"),
            ("photo", "photos"),
            ("hero", "heroes"),
            ("shelf", "shelves"),
            ("roof", "roofs"),
            ("knife", "knives"),
            ("analysis", "analyses"),
            ("criterion", "criteria"),
            ("movie", "movies"),
            ("cookie", "cookies"),
            ("lens", "lenses"),
            ("house", "houses"),
            ("price", "prices"),
            ("invoice", "invoices"),
            ("employee", "employees"),
            ("human", "humans"),
            ("database", "databases"),
            ("index", "indexes"),
            ("tax", "taxes"),
            ("process", "processes"),
            ("class", "classes"),
            ("virus", "viruses"),
            ("purchase", "purchases"),
            ("name", "names"),
            ("vertex", "vertices"),
            ("line2", "line2s"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn some_words_are_their_own_plural() {
        for word in ["series", "data", "news", "species", "order_metadata"] {
            assert_eq!(plural(word), word);
            assert_eq!(singular(word), word);
        }
    }

    #[test]
    fn a_singular_stays() {
        for word in ["status", "analysis", "bus", "address", "child", "news"] {
            assert_eq!(singular(word), word);
        }
    }
}
