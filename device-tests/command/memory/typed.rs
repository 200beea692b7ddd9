//! What a person types without echo: the words of a mnemonic, the positions of a PIN, and a passphrase.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use super::{
    super::{fixture::Folder, run::OTHER_WORDS},
    PASSPHRASE, except,
    held::{Held, Watched, require_no_file, until_writing},
    of_words,
};

/// As long as a PIN can be, so that it is told from other digits.
const PIN: &str = "918273645546372819";

/// Somebody at a terminal of their own (util-linux's `script`).
struct Person {
    stdin: ChildStdin,
    seen: Receiver<String>,
    /// All that was on the screen.
    screen: String,
}

impl Person {
    /// Waits for a prompt that was not there before.
    fn reads(&mut self, prompt: &str) {
        let begin = self.screen.len();
        while !self.screen[begin..].contains(prompt) {
            let more = self.seen.recv_timeout(Duration::from_secs(60));
            self.screen += &more.unwrap_or_else(|_| panic!("no {prompt}: {}", self.screen));
        }
    }

    fn answers(&mut self, prompt: &str, line: &str) {
        self.reads(prompt);
        self.types(line);
    }

    fn types(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }
}

/// The command with these arguments, on a terminal of its own, with its answer and its process id in
/// these files.
fn script(stockade: &Command, answer: &str, pid: &str) -> Command {
    let arguments: Vec<_> = stockade.get_args().map(|a| a.to_str().unwrap()).collect();
    let program = env!("CARGO_BIN_EXE_stockade");
    let line = format!("echo $$ > {pid}; exec {program} {} > {answer}", arguments.join(" "));
    let mut script = Command::new("script");
    for (name, value) in stockade.get_envs() {
        value.map(|value| script.env(name, value));
    }
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    script
}

impl Person {
    fn at(running: &mut Child) -> Self {
        let (sender, seen) = channel();
        let mut screen = running.stdout.take().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                let _ = sender.send(String::from_utf8_lossy(&buffer[..length]).into_owned());
            }
        });
        Self { stdin: running.stdin.take().unwrap(), seen, screen: String::new() }
    }
}

#[test]
fn what_is_typed_leaves_nothing() {
    let (wallet, matrix) = Watched::guarded_trezor(PIN);
    let folder = Folder::new();
    let (answer_at, pid) = (folder.at("answer"), folder.at("pid"));
    assert!(Command::new("mkfifo").arg(&answer_at).status().unwrap().success());
    // Open in both directions it waits for nobody; and filled, the command waits with its answer.
    let mut answers = OpenOptions::new().read(true).write(true).open(&answer_at).unwrap();
    answers.write_all(&[b' '; 64 * 1024]).unwrap();

    let create = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --scheme slip11-v1 --copy {} \
         --withdrawal-address 0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
        folder.at("a")
    );
    let stockade = wallet.readable(&create);
    let mut running = script(&stockade, &answer_at, &pid).spawn().expect("util-linux");
    let mut person = Person::at(&mut running);
    person.answers("Mnemonic (not shown): ", OTHER_WORDS);
    person.answers("(yes or no): ", "yes");
    person.reads("PIN positions: ");
    let process = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    wallet.watch().of(process);
    let positions = matrix.places(PIN).expect("it shows the matrix");
    person.types(&positions);
    // In a new session for each secret.
    for _ in 0..3 {
        person.answers("passphrase (empty for none): ", PASSPHRASE);
    }
    let mut secrets = of_words(OTHER_WORDS);
    secrets.push(("PIN positions".to_owned(), positions.into_bytes()));
    secrets.push(("passphrase".to_owned(), PASSPHRASE.into()));
    if until_writing(process) {
        wallet.watch().look("the end");
    }
    // It ends when somebody reads its answer.
    let mut buffer = vec![0; 64 * 1024];
    answers.read_exact(&mut buffer).unwrap();
    let code = running.wait().unwrap().code();
    let length = answers.read(&mut buffer).unwrap();
    let answer = String::from_utf8_lossy(&buffer[..length]);
    person.screen.extend(person.seen.iter());
    assert_eq!(code, Some(0), "{answer} {}", person.screen);
    let Some(held) = Held::of(&create, &wallet.watch(), &answer, &person.screen) else { return };
    held.require_none(&secrets);
    held.require_none_at("Stockade origin v1", &secrets);
    // What the words give is used later.
    held.require_none_at("", &except(&secrets, &["seed"]));
    fs::remove_file(answer_at).unwrap();
    require_no_file(&folder, &secrets);
}
