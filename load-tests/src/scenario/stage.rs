//! Where a scenario is played: a server of the harness's own on a new demo city, or one that runs already.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::inquest::{Before, Holdings};
use super::watch::ServerPid;
use crate::arguments::PlayArguments;
use crate::city::{City, CopiedCity};
use crate::draw::Draw;
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::machine::Machine;
use crate::residents::Tokens;
use crate::server::Server;
use crate::server::kaichang::{Kaichang, Serving};
use crate::stock::{self, StockItem};
use crate::workplace::Workplace;
use crate::{Failure, say};

const COPY: &str = "city";
/// How many addresses are browsed in turn.
const BROWSED: usize = 20_000;
/// Of how many residents it is asked beforehand what they have, when the city isn't new.
const ASKED_BEFORE: usize = 10_000;
const SEED: u64 = 6;

pub(super) struct Stage {
    pub(super) address: SocketAddr,
    pub(super) machine: Machine,
    pub(super) tokens: Tokens,
    pub(super) stock: Vec<StockItem>,
    pub(super) pid: ServerPid,
    /// What every Idempotency-Key of the run begins with.
    pub(super) keys: String,
    pub(super) own: Option<Own>,
    program: Option<Kaichang>,
    data_dir: Option<PathBuf>,
    pub(super) database: Option<String>,
}

/// A server of the harness's own.
pub(super) struct Own {
    place: Workplace,
    data_dir: PathBuf,
    server: Mutex<Option<Server>>,
}

impl Stage {
    pub(super) fn open(arguments: &PlayArguments) -> Result<Self, Failure> {
        match arguments.target {
            Some(address) => Self::target(address, arguments),
            None => Self::spawn(arguments),
        }
    }

    fn spawn(arguments: &PlayArguments) -> Result<Self, Failure> {
        let program = Kaichang::find(arguments.server.server.as_deref())?;
        let place = Workplace::create(arguments.server.work_dir.as_deref())?;
        let machine = Machine::of(place.root());
        if machine.syncs_nothing() {
            let kind = &machine.file_system;
            say(&format!("WARNING: {} is {kind}: no sync reaches a disk there", place.root().display()));
        }
        let tokens = City::make(&program, &place, arguments.residents)?;
        let serving = Serving {
            database: arguments.database_url.as_deref(),
            planted_bug: arguments.planted_bug.as_deref(),
            ..Serving::default()
        };
        let CopiedCity { server, data_dir } = CopiedCity::start_with(&program, &place, COPY, serving)?;
        let address = server.address();
        let pid = ServerPid::default();
        pid.set(Some(server.pid()));
        let own = Own { place, data_dir: data_dir.clone(), server: Mutex::new(Some(server)) };
        Ok(Self {
            address,
            machine,
            tokens,
            stock: stock::read(&mut PlainClient::connect(address)?)?,
            pid,
            keys: keys()?,
            own: Some(own),
            program: Some(program),
            data_dir: Some(data_dir),
            database: arguments.database_url.clone(),
        })
    }

    fn target(address: SocketAddr, arguments: &PlayArguments) -> Result<Self, Failure> {
        let tokens = arguments.tokens.as_deref().ok_or("residents are needed: --tokens")?;
        let program = match &arguments.data_dir {
            Some(_) => Some(Kaichang::find(arguments.server.server.as_deref())?),
            None => None,
        };
        let pid = ServerPid::default();
        pid.set(arguments.pid);
        Ok(Self {
            address,
            machine: Machine::of(arguments.data_dir.as_deref().unwrap_or(Path::new("."))),
            tokens: Tokens::read(tokens)?,
            stock: stock::read(&mut PlainClient::connect(address)?)?,
            pid,
            keys: keys()?,
            own: None,
            program,
            data_dir: arguments.data_dir.clone(),
            database: arguments.database_url.clone(),
        })
    }

    /// What residents have before anything is asked for.
    pub(super) fn before(&self) -> Result<Before, Failure> {
        let mut client = PlainClient::connect(self.address)?;
        if self.own.is_some() {
            let balance = Holdings::of(&mut client, self.tokens.get(0))?.balance();
            return Ok(Before::New { balance });
        }
        let asked = (0..self.tokens.len().min(ASKED_BEFORE))
            .map(|resident| Holdings::of(&mut client, self.tokens.get(resident)));
        Ok(Before::Asked(asked.collect::<Result<_, _>>()?))
    }

    /// What people look at: mostly a pitch's day, now and then a venue or a list of what is free.
    pub(super) fn browsing(&self) -> Result<Requests, Failure> {
        let lists = stock::lists(&mut PlainClient::connect(self.address)?, 50)?;
        if self.stock.is_empty() || lists.is_empty() {
            return Err("nothing can be booked in this city".into());
        }
        let mut draw = Draw::new(SEED);
        let mut requests = Requests::default();
        for number in 0..BROWSED {
            let StockItem { venue, pitch, .. } = &self.stock[draw.below(self.stock.len())];
            let day = self.stock[draw.below(self.stock.len())].day();
            let path = match number % 10 {
                0 => format!("/v1/venues/{venue}"),
                1 | 2 => lists[draw.below(lists.len())].clone(),
                _ => format!("/v1/pitches/{pitch}/slots?date={day}"),
            };
            requests.push(&Request::get(&path));
        }
        Ok(requests)
    }

    /// Ends the harness's own server with a kill, and starts it again at the same address.
    pub(super) fn kill_and_restart(&self) -> Result<(), Failure> {
        let (Some(own), Some(program)) = (&self.own, &self.program) else {
            return Err("only a server of one's own is killed".into());
        };
        let mut server = own.server.lock().unwrap_or_else(PoisonError::into_inner);
        self.pid.set(None);
        // What isn't stopped is killed.
        drop(server.take());
        let serving = Serving { database: self.database.as_deref(), ..Serving::default() };
        let log = own.place.path(&format!("{COPY}.log"));
        let started = program.serve_at(self.address, &own.data_dir, &log, serving)?;
        self.pid.set(Some(started.pid()));
        *server = Some(started);
        Ok(())
    }

    /// Ends a server of one's own, and has the data directory verified where there is one; what that said, or nothing where there is none.
    pub(super) fn close(&self) -> Result<Option<Vec<String>>, Failure> {
        if let Some(own) = &self.own
            && let Some(server) = own.server.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            server.stop()?;
        }
        match (&self.program, &self.data_dir) {
            (Some(program), Some(data_dir)) => program.verify(data_dir, self.database.as_deref()).map(Some),
            _ => Ok(None),
        }
    }

    /// Leaves the data directory to be looked at.
    pub(super) fn keep(&mut self) {
        if let Some(own) = &mut self.own {
            own.place.keep();
        }
    }

    /// A failure with the last that a server of one's own wrote.
    pub(super) fn with_log(&self, failure: Failure) -> Failure {
        let Some(own) = &self.own else { return failure };
        let server = own.server.lock().unwrap_or_else(PoisonError::into_inner);
        match &*server {
            Some(server) => server.with_log(&failure.to_string()),
            None => failure,
        }
    }
}

/// Of this run alone: a server remembers the keys of the runs before.
fn keys() -> Result<String, Failure> {
    let mut bytes = [0; 4];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("kaichang-load{:08x}", u32::from_ne_bytes(bytes)))
}
