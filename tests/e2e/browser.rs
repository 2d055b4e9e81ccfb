//! A browser as pages see it, without scripts: it keeps cookies, says where its forms come from, sends what a form holds, and goes
//! where an answer points.

use std::collections::BTreeMap;

use crate::city::{City, PASSWORD};
use crate::client::{Answer, Client, Request};

/// Somebody with a browser.
pub(crate) struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// A form on a page: where it is sent, and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(city: &City) -> Self {
        Self { client: city.client(), cookies: BTreeMap::new() }
    }

    /// A browser whose user has signed up.
    #[track_caller]
    pub(crate) fn signed_up(city: &City, phone: &str, name: &str) -> Self {
        let mut browser = Self::new(city);
        let mut form = browser.page("/sign-up").form("/sign-up");
        form.set("name", name).set("phone", phone).set("password", PASSWORD);
        browser.send(&form).expect(303, "sign-up");
        assert!(browser.cookies.contains_key("__Host-session"));
        browser
    }

    pub(crate) fn has_session(&self) -> bool {
        self.cookies.contains_key("__Host-session")
    }

    /// A request with all that this browser sends along.
    pub(crate) fn dressed(&self, request: Request) -> Request {
        let request = request.header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        if self.cookies.is_empty() {
            return request;
        }
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", &cookies.join("; "))
    }

    /// Sends a request and keeps the cookies of its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: Request) -> Answer {
        let request = self.dressed(request);
        let answer = self.client.ask(&request);
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let (cookie, rest) = value.trim().split_once(';').expect("attributes");
            let (name, value) = cookie.split_once('=').expect("a cookie");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// A page that is there.
    #[track_caller]
    pub(crate) fn page(&mut self, path: &str) -> Page {
        let answer = self.ask(Request::get(path)).expect(200, path);
        Page(answer)
    }

    /// Sends a form, as a page of the city does.
    #[track_caller]
    pub(crate) fn send(&mut self, form: &Form) -> Answer {
        let request = Request::new("POST", &form.action).header("sec-fetch-site", "same-origin");
        self.ask(request.bytes("application/x-www-form-urlencoded", form.encode()))
    }

    /// Sends a form and goes where the answer points.
    #[track_caller]
    pub(crate) fn follow(&mut self, form: &Form) -> Page {
        let answer = self.send(form).expect(303, &form.action);
        let location = answer.header("location").expect("somewhere to go").to_owned();
        // What stands behind # is for the browser alone.
        self.page(location.split('#').next().unwrap_or_default())
    }
}

/// What came back, as somebody reads it.
pub(crate) struct Page(pub(crate) Answer);

impl Page {
    pub(crate) fn text(&self) -> String {
        self.0.text()
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The first form that is sent to an address beginning so.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let text = self.text();
        let found = text.split("<form ").skip(1).find_map(|form| {
            let form = form.split("</form>").next()?;
            let (head, body) = form.split_once('>')?;
            let to = attribute(head, "action")?;
            to.starts_with(action).then(|| Form { action: to, fields: fields(body) })
        });
        found.unwrap_or_else(|| panic!("no form to {action} in {text}"))
    }

    /// The addresses of links that begin so.
    pub(crate) fn links(&self, start: &str) -> Vec<String> {
        let text = self.text();
        let links = text.split("<a ").skip(1).filter_map(|link| attribute(link.split('>').next()?, "href"));
        links.filter(|address| address.starts_with(start)).collect()
    }
}

impl Form {
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let pairs = self.fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    }
}

/// What a form holds: hidden values, texts, what is chosen and what is selected.
fn fields(body: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for input in body.split("<input ").skip(1).filter_map(|input| input.split('>').next()) {
        let is_choice = input.contains("type=\"radio\"") || input.contains("type=\"checkbox\"");
        if is_choice && !input.contains(" checked") {
            continue;
        }
        if let Some(name) = attribute(input, "name") {
            fields.insert(name, attribute(input, "value").unwrap_or_default());
        }
    }
    for select in body.split("<select ").skip(1).filter_map(|select| select.split("</select>").next()) {
        let name = attribute(select, "name").expect("a name");
        let options: Vec<&str> =
            select.split("<option ").skip(1).filter_map(|o| o.split('>').next()).collect();
        let chosen = options.iter().find(|option| option.contains(" selected")).or(options.first());
        fields.insert(name, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default());
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    let written =
        [("&#60;", "<"), ("&#62;", ">"), ("&#39;", "'"), ("&#34;", "\""), ("&#38;", "&"), ("&amp;", "&")];
    Some(written.into_iter().fold(value.to_owned(), |value, (written, sign)| value.replace(written, sign)))
}

fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
