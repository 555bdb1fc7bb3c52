//! A month in the life of the shop: it begins under an older svcgen, is edited, grows, is renamed in,
//! is changed on two branches, and in the end compiles, keeps every edit and passes its tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cargo::{cargo, repository, scratch, succeed, workspace};
use super::{are_asked_for, step};

/// What the older version's templates said.
const OLD_TEMPLATE: &str = "service/app.rs|//! The application: what every handler can reach|//! The old application: what handlers reach";

/// What people write in between: where, and what.
const EDITS: [(&str, &str); 4] = [
    (
        "src/app.rs",
        "\n/// Mine.\npub const REGION: &str = \"eu\";\n",
    ),
    (
        "src/product/model.rs",
        "\nimpl Product {\n    /// Mine.\n    pub fn is_light(&self) -> bool {\n        self.weight_grams.is_some_and(|it| it < 100)\n    }\n}\n",
    ),
    (
        "src/customer/model.rs",
        "\n/// Theirs.\npub const THEIRS: u8 = 1;\n",
    ),
    (
        "src/category/model.rs",
        "\n/// Ours.\npub const OURS: u8 = 1;\n",
    ),
];

#[test]
fn a_month_of_life_ends_with_a_service_that_works() {
    if !are_asked_for("a_month_of_life_ends_with_a_service_that_works") {
        return;
    }
    let directory = scratch("month");
    let shop = Shop(directory.join("shop"));
    step("twelve changes, edits, an upgrade and a merge", || {
        live(&shop);
    });
    workspace(&directory, &["shop"]);
    step("the shop's tests after a month", || {
        succeed(cargo(&shop.0).args(["test", "--quiet"]));
    });
    step("clippy", || {
        succeed(cargo(&shop.0).args([
            "clippy",
            "--quiet",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]));
    });
}

fn live(shop: &Shop) {
    shop.begin();
    shop.edit(0);
    // 1: the upgrade alone; then the schema, twelve times.
    shop.svcgen(&["generate"]);
    assert!(shop.read("src/app.rs").starts_with("//! The application"));
    shop.svcgen(&["add-field", "Product", "weight_grams:int?"]);
    shop.edit(1);
    shop.svcgen(&[
        "add-entity",
        "Review",
        "product:Product",
        "stars:int",
        "body:text?",
    ]);
    shop.svcgen(&["add-field", "Product", "reviews:many(Review)"]);
    shop.svcgen(&["add-field", "Review", "state:enum(open,hidden)?"]);
    shop.svcgen(&["rename-field", "Review", "stars", "rating"]);
    shop.append("entities/review.yaml", "indexes: [[rating]] # by hand\n");
    // Files move, one by the command and one by hand, and change at their new place.
    shop.svcgen(&["mv", "src/product/http.rs", "src/product/rest.rs"]);
    let moved = ["src/review/model.rs", "src/review_model.rs"].map(|it| shop.0.join(it));
    std::fs::rename(&moved[0], &moved[1]).expect("moved");
    shop.svcgen(&["generate"]);
    assert!(!moved[0].exists(), "followed");
    shop.svcgen(&["add-entity", "Shelf", "name:string"]);
    shop.svcgen(&["rename-entity", "Shelf", "Rack"]);
    shop.svcgen(&["remove-entity", "Rack", "--yes"]);
    shop.svcgen(&["rename-field", "Product", "weight_grams", "mass_grams"]);
    assert!(
        shop.read("src/product/model.rs")
            .contains("self.mass_grams.is_some_and")
    );
    branches(shop);
    shop.svcgen(&["generate", "--check"]);
    for (path, text) in EDITS {
        let text = text.replace("weight_grams", "mass_grams");
        assert!(shop.read(path).contains(&text), "{path} lost an edit");
    }
}

/// Two people change the schema, and each edits a file; git merges what they did.
fn branches(shop: &Shop) {
    shop.git(&["checkout", "--quiet", "-b", "theirs"]);
    shop.svcgen(&["add-field", "Customer", "nickname:string?"]);
    shop.edit(2);
    shop.svcgen(&["generate"]);
    shop.git(&["checkout", "--quiet", "ours"]);
    shop.svcgen(&["add-field", "Category", "colour:string?"]);
    shop.edit(3);
    shop.svcgen(&["generate"]);
    let merge = shop.git_command(&["merge", "--quiet", "theirs"]).output();
    assert!(
        !merge.expect("git starts").status.success(),
        "two runs must not merge in silence"
    );
    // The migration that came second is written anew, after the one that stays.
    shop.git(&[
        "checkout",
        "--ours",
        "src/migrations.rs",
        "migrations/svcgen.sum",
    ]);
    let second = std::fs::read_dir(shop.0.join("migrations")).expect("migrations");
    let second = second.filter_map(|it| it.ok()?.file_name().into_string().ok());
    for folder in second.filter(|it| it.ends_with("_add_nickname_to_customers")) {
        shop.git(&["rm", "-rqf", &format!("migrations/{folder}")]);
    }
    shop.svcgen(&["generate"]);
    assert!(shop.read("src/customer/model.rs").contains("nickname"));
    assert!(shop.read("src/category/model.rs").contains("colour"));
}

/// The project, under git.
struct Shop(PathBuf);

impl Shop {
    /// As an older svcgen made it.
    fn begin(&self) {
        let mut new = Command::new(crate::support::SVCGEN);
        new.args([
            "new",
            "shop",
            "--example",
            "shop",
            "--quiet",
            "--no-git",
            "--path",
        ]);
        new.arg(&self.0)
            .arg("--runtime-path")
            .arg(repository().join("runtime"));
        new.env("SVCGEN_TEST_VERSION", "0.0.9")
            .env("SVCGEN_TEST_TEMPLATE", OLD_TEMPLATE);
        succeed(&mut new);
        self.git(&["init", "--quiet", "--initial-branch", "ours"]);
        self.commit("begin");
        assert!(
            self.read("src/app.rs")
                .starts_with("//! The old application")
        );
    }

    fn svcgen(&self, arguments: &[&str]) {
        let mut command = Command::new(crate::support::SVCGEN);
        succeed(
            command
                .args(arguments)
                .args(["--quiet"])
                .current_dir(&self.0),
        );
        self.commit(&arguments.join(" "));
    }

    fn edit(&self, which: usize) {
        let (path, text) = EDITS[which];
        self.append(path, text);
        self.commit("edit");
    }

    fn append(&self, path: &str, text: &str) {
        std::fs::write(self.0.join(path), self.read(path) + text).expect("written");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    fn git(&self, arguments: &[&str]) {
        succeed(&mut self.git_command(arguments));
    }

    fn git_command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(variable);
        }
        let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        git.args(identity)
            .args(arguments)
            .current_dir(Path::new(&self.0));
        git
    }
}
