//! The embedded templates, with one syntax for each family of comments.
//!
//! Statements stand in comments of the output's language, so that a template
//! highlights and reads like what it makes: `//%` in Rust, `#%` in TOML.

use std::borrow::Cow;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::RenderError;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Every template, parsed.
pub struct Templates {
    rust: Environment<'static>,
    hash: Environment<'static>,
    plain: Environment<'static>,
}

impl Templates {
    /// Parses the embedded templates.
    pub fn new() -> Result<Self, RenderError> {
        let mut templates = Self {
            rust: environment(Some(("//%", "//#")))?,
            hash: environment(Some(("#%", "##")))?,
            plain: environment(None)?,
        };
        templates.add(&TEMPLATES)?;
        Ok(templates)
    }

    fn add(&mut self, folder: &'static Dir<'static>) -> Result<(), RenderError> {
        for file in folder.files() {
            if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
                let environment = match path.rsplit('.').next() {
                    Some("rs") => &mut self.rust,
                    Some("toml") => &mut self.hash,
                    _ => &mut self.plain,
                };
                environment
                    .add_template_owned(path, varied(path, text))
                    .map_err(|error| failed(path, &error))?;
            }
        }
        for inner in folder.dirs() {
            self.add(inner)?;
        }
        Ok(())
    }

    /// Fills one template.
    pub fn render(&self, name: &str, view: &Value) -> Result<String, RenderError> {
        let environment = match name.rsplit('.').next() {
            Some("rs") => &self.rust,
            Some("toml") => &self.hash,
            _ => &self.plain,
        };
        environment
            .get_template(name)
            .and_then(|template| template.render(view))
            .map_err(|error| failed(name, &error))
    }
}

/// The text of a template. A build for tests changes one of them as `SVCGEN_TEST_TEMPLATE` says:
/// its path, a text that it has and the text in its place, with `|` between them.
fn varied(path: &str, text: &'static str) -> Cow<'static, str> {
    #[cfg(debug_assertions)]
    if let Ok(variation) = std::env::var("SVCGEN_TEST_TEMPLATE")
        && let [name, old, new] = variation.splitn(3, '|').collect::<Vec<_>>().as_slice()
        && *name == path
    {
        return Cow::Owned(text.replace(old, new));
    }
    let _ = path;
    Cow::Borrowed(text)
}

fn failed(template: &str, error: &minijinja::Error) -> RenderError {
    RenderError::Template {
        template: template.to_owned(),
        reason: format!("{error:#}"),
    }
}

fn environment(
    line: Option<(&'static str, &'static str)>,
) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    syntax
        .keep_trailing_newline(true)
        .trim_blocks(line.is_none());
    if let Some((statement, comment)) = line {
        syntax
            .line_statement_prefix(statement)
            .line_comment_prefix(comment);
    }
    environment.set_syntax(syntax.build().map_err(|error| failed("(syntax)", &error))?);
    Ok(environment)
}
