//! What is asked, as a person meets it: in a terminal, with keys pressed. Here `new`, and in
//! [`evolving`] everything that comes later.

mod evolving;

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize},
};

use crate::support::Place;

/// A program in a terminal of its own.
struct Terminal {
    keys: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    child: Child,
}

impl Terminal {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let name = ptsname(&controller, Vec::new()).expect("a name");
        let dimensions = Winsize {
            ws_row: 40,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&controller, dimensions).expect("sized");
        let screen_side =
            rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opened");
        // Keys that come while no prompt reads stay keys: the line discipline would take a
        // backspace for its own, which no person is fast enough to see.
        let mut modes = tcgetattr(&screen_side).expect("modes");
        modes.make_raw();
        tcsetattr(&screen_side, OptionalActions::Now, &modes).expect("raw");
        let screen_side = File::from(screen_side);
        let copy = || Stdio::from(screen_side.try_clone().expect("copied"));
        let child = place
            .command(arguments)
            .env("TERM", "xterm-256color")
            .stdin(copy())
            .stdout(copy())
            .stderr(copy())
            .spawn()
            .expect("svcgen starts");
        drop(screen_side);
        let keys = File::from(controller);
        let mut output = keys.try_clone().expect("copied");
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails when the program has gone and closed its side.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            keys,
            screen,
            seen: String::new(),
            child,
        }
    }

    /// Waits until the screen has shown this since the last time.
    fn expect(&mut self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            if let Some(at) = self.seen.find(words) {
                self.seen.drain(..at + words.len());
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&without_controls(&bytes)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{words}` was not shown; there was: {}", self.seen)
                }
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("pressed");
    }

    /// The lines that are left on the screen when the program has ended.
    fn lines(self) -> Vec<String> {
        let written: Vec<u8> = self.screen.iter().flatten().collect();
        assert_eq!(self.end(), 0);
        let text = String::from_utf8_lossy(&written).into_owned();
        let left = |line: &str| {
            let left = line.rsplit("\r\u{1b}[K").next().unwrap_or_default();
            without_controls(left.as_bytes())
        };
        text.lines().map(left).collect()
    }

    fn end(mut self) -> i32 {
        self.child.wait().expect("ended").code().unwrap_or(-1)
    }
}

/// The text without escape sequences and what moves the cursor.
fn without_controls(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(it) = letters.next() {
        if it == '\u{1b}' {
            // A sequence ends with a letter.
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else if !it.is_control() {
            plain.push(it);
        }
    }
    plain
}

#[test]
fn it_asks_for_everything_and_answers_make_a_service() {
    let place = Place::empty();
    let mut terminal = Terminal::start(&place, &["new", "--no-git"]);
    terminal.expect("Name of the service");
    terminal.press("Web Shop\r");
    terminal.expect("`web-shop`");
    // Keys are the prompt's own once it is shown again.
    terminal.expect("Name of the service");
    // What was typed stays to be mended.
    terminal.press(&"\u{7f}".repeat("Web Shop".len()));
    terminal.press("web-shop\r");
    terminal.expect("What is it for?");
    terminal.press("Orders of a web shop\r");
    terminal.expect("Databases");
    // The second one off: down, space.
    terminal.press("\u{1b}[B \r");
    terminal.expect("Features");
    terminal.press("\r");
    terminal.expect("First entity");
    terminal.press("Order\r");
    terminal.expect("Fields of Order");
    terminal.press("number:string total:decimal(12,2)\r");
    terminal.expect("Next entity");
    terminal.press("\r");
    terminal.expect("Created web-shop: 1 entity");
    terminal.expect("cargo run");
    assert_eq!(terminal.end(), 0);
    let service = place.read("web-shop/svcgen.yaml");
    assert!(
        service.contains("name: web-shop\ndoc: \"Orders of a web shop\"\ndatabases: [sqlite] "),
        "{service}"
    );
    assert!(
        place
            .read("web-shop/entities/order.yaml")
            .contains("total:  decimal(12,2)")
    );
}

#[test]
fn what_is_given_is_not_asked() {
    let place = Place::empty();
    let arguments = [
        "new",
        "shop",
        "--doc",
        "A shop",
        "--database",
        "sqlite",
        "--feature",
        "http",
        "--no-git",
    ];
    let mut terminal = Terminal::start(&place, &arguments);
    terminal.expect("First entity");
    terminal.press("Tag\r");
    terminal.expect("Fields of Tag");
    terminal.press("name:string\r");
    terminal.expect("Next entity");
    terminal.press("\r");
    terminal.expect("Created shop");
    assert_eq!(terminal.end(), 0);
    let place = Place::empty();
    let mut terminal = Terminal::start(&place, &["new", "notes", "--no-input", "--no-git"]);
    terminal.expect("Created notes");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn interrupted_it_writes_nothing_and_shows_the_cursor_again() {
    let place = Place::empty();
    let mut terminal = Terminal::start(&place, &["new", "shop"]);
    terminal.expect("What is it for?");
    terminal.press("\r");
    terminal.expect("Databases");
    thread::sleep(Duration::from_millis(100));
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 130);
    assert!(place.tree().is_empty());
}
