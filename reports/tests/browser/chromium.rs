//! A Chromium that is told what to do, over the two pipes that it calls a debugging pipe: JSON that ends in a zero byte, both ways.
//!
//! Knows no page. The environment variable `PHOTOFINISH_CHROMIUM` names the browser, or says `required`; without it, one is looked for, and
//! where there is none the tests say that they did not run.
//!
//! Invariant: a browser that does not answer is ended after two minutes, and the test fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// Where one may be.
const PATHS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    next: u64,
    session: Option<String>,
    /// What it said without being asked.
    said: Vec<Value>,
    profile: PathBuf,
}

/// Where the browser is, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says which browser, and whether there must be one"
)]
fn path() -> Option<PathBuf> {
    let wanted = std::env::var("PHOTOFINISH_CHROMIUM").ok();
    match wanted.as_deref() {
        Some("required") | None => {
            let found = PATHS.into_iter().map(PathBuf::from).find(|path| path.exists());
            assert!(
                found.is_some() || wanted.is_none(),
                "PHOTOFINISH_CHROMIUM=required, and there is none of {PATHS:?}"
            );
            found
        }
        Some(path) => {
            assert!(Path::new(path).exists(), "PHOTOFINISH_CHROMIUM={path} does not exist");
            Some(PathBuf::from(path))
        }
    }
}

impl Browser {
    /// Starts one for the test of this name; none if there is none.
    #[expect(clippy::disallowed_macros, reason = "a test that did not run says so")]
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(path) = path() else {
            eprintln!(
                "NOT RUN: {test}: there is no Chromium; PHOTOFINISH_CHROMIUM=required makes that a failure"
            );
            return None;
        };
        let profile =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{test}-{}", std::process::id()));
        let mut child = Command::new("sh")
            .args(["-c", "exec timeout -k 5 120 \"$0\" \"$@\" 3<&0 4>&1 1>&2 0</dev/null"])
            .arg(path)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--window-size=1400,900", "--force-device-scale-factor=1", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("--remote-debugging-pipe")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let to = child.stdin.take().expect("it is piped");
        let from = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut browser = Self { child, to, from, next: 0, session: None, said: Vec::new(), profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, &json!({}));
        }
        let size = json!({ "width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", &size);
        Some(browser)
    }

    /// Asks for something, and waits for the answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("the browser reads");
        loop {
            let mut answer = Vec::new();
            self.from.read_until(0, &mut answer).expect("the browser writes");
            assert_eq!(answer.pop(), Some(0), "the browser is gone: it did not answer {method}");
            let answer: Value = serde_json::from_slice(&answer).expect("it says JSON");
            if answer["id"] != self.next {
                self.said.push(answer);
                continue;
            }
            assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
            return answer["result"].clone();
        }
    }

    /// What an expression is in the page; a promise is waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", &params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page, from frame to frame.
    pub(crate) fn until(&mut self, expression: &str) {
        let promise = format!(
            "new Promise((done) => {{ let left = 600; const look = () => ({expression}) ? done(true) \
             : left-- > 0 ? requestAnimationFrame(look) : done(false); look(); }})"
        );
        assert_eq!(self.eval(&promise), json!(true), "this does not become true: {expression}");
    }

    /// Opens a page from disk, and waits until it has drawn itself.
    pub(crate) fn open(&mut self, page: &Path) {
        let page = page.canonicalize().expect("the page exists");
        self.call("Page.navigate", &json!({ "url": format!("file://{}", page.display()) }));
        // While one page gives way to the next, neither is there.
        self.until("document.documentElement && document.documentElement.dataset.ready && document.readyState === 'complete'");
        self.until("!document.getElementById('lanes') || document.getElementById('lanes').dataset.runs > 0");
    }

    /// Presses and releases a key.
    pub(crate) fn press(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { key } else { "" };
        let down = json!({ "type": "keyDown", "key": key, "text": text });
        self.call("Input.dispatchKeyEvent", &down);
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": key }));
    }

    /// Moves the pointer, presses or turns its wheel: `mouseMoved`, `mousePressed`, `mouseReleased`, `mouseWheel`.
    pub(crate) fn mouse(&mut self, kind: &str, (x, y): (f64, f64), wheel: f64) {
        let button = if kind == "mousePressed" || kind == "mouseReleased" { "left" } else { "none" };
        let params = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1, "deltaX": 0, "deltaY": wheel });
        self.call("Input.dispatchMouseEvent", &params);
    }

    /// What the page complained about: errors, warnings, refusals and dialogs.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // Whatever was said before the answer to this has been read with it.
        self.eval("0");
        let is_one = |said: &&Value| {
            let method = said["method"].as_str().unwrap_or_default();
            matches!(
                method,
                "Runtime.consoleAPICalled"
                    | "Runtime.exceptionThrown"
                    | "Log.entryAdded"
                    | "Page.javascriptDialogOpening"
            )
        };
        self.said.iter().filter(is_one).map(Value::to_string).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser that is gone already, or does not listen, is none to close: `timeout` sees to the rest.
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
