//! What the routes are made from, and the addresses that they are served at.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;

use super::Failure;
use super::data_dir::Keys;
use super::settings::Settings;
use crate::api::admission::{Admission, Door};
use crate::api::compose;
use crate::api::doorkeeper::Doorkeeper;
use crate::api::entrance::Entrance;
use crate::api::figures::EngineFigures;
use crate::api::gate::{self, Gates};
use crate::api::manager::{self, Managers};
use crate::api::open_data::reports::Reports;
use crate::api::open_data::roots::PublishedRoots;
use crate::api::open_data::{self, OpenData, live};
use crate::api::operator::{self, Operators};
use crate::api::ops::{self, CityTime, Figures, Readiness};
use crate::api::past::Past;
use crate::api::proxies::TrustedProxies;
use crate::api::rate_limit::{RateLimits, RateRules};
use crate::api::resident::{self, Desk, Residents};
use crate::api::runtime::{Workers, bind};
use crate::api::tls::Tls;
use crate::api::vital_signs::VitalSigns;
use crate::domain::clock::Clock;
use crate::engine::Engine;
use crate::identity::challenge::Challenges;
use crate::identity::city_keys::CityKeys;
use crate::identity::password::{PasswordPool, WAITING_MAX};
use crate::identity::public_id::PublicIds;
use crate::identity::queue_number::QueueNumbers;
use crate::identity::resident_keys::ResidentKeys;
use crate::identity::ticket::Tickets;
use crate::identity::token::Tokens;
use crate::projection::History;
use crate::web::forgery::FormTokens;
use crate::web::{self, Pages, problem_page};

/// What all workers share.
pub(super) struct Services {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    keys: CityKeys,
    resident_keys: Arc<ResidentKeys>,
    passwords: Arc<PasswordPool>,
    limits: Arc<RateLimits>,
    admission: Arc<Admission>,
    directory: Arc<open_data::directory::Directory>,
    reports: Arc<Reports>,
    roots: Arc<PublishedRoots>,
    epoch: u64,
    streams: Arc<Semaphore>,
    past: Past,
    readiness: Readiness,
    trusted_proxies: TrustedProxies,
    figures: Figures,
    vital_signs: Arc<VitalSigns>,
}

impl Services {
    pub(super) fn new(
        engine: &Arc<Engine>,
        keys: Keys,
        clock: &Arc<dyn Clock>,
        readiness: &Readiness,
        metrics: PrometheusHandle,
        settings: &Settings,
        (epoch, history): (u64, Option<History>),
    ) -> Result<Self, Failure> {
        let vital_signs = VitalSigns::new(Arc::clone(engine), metrics.clone(), Arc::clone(clock));
        Ok(Self {
            engine: Arc::clone(engine),
            clock: Arc::clone(clock),
            keys: keys.city,
            resident_keys: Arc::new(keys.residents),
            passwords: Arc::new(PasswordPool::new(settings.workers, WAITING_MAX)?),
            limits: Arc::new(RateLimits::new(RateRules::PRODUCTION, Arc::clone(clock))),
            admission: Arc::new(Admission::new(settings.admission_bound, Arc::clone(clock))),
            directory: Arc::default(),
            reports: Arc::new(Reports::new(clock.as_ref())),
            roots: Arc::default(),
            epoch,
            past: Past::new(Arc::clone(engine), history),
            streams: Arc::new(Semaphore::new(live::STREAMS_MAX)),
            readiness: readiness.clone(),
            trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
            figures: Figures {
                handle: metrics,
                engine: Arc::new(EngineFigures::new(Arc::clone(engine), Arc::clone(clock))),
                process: Arc::default(),
            },
            vital_signs: Arc::new(vital_signs),
        })
    }

    /// What is looked at every few seconds, so that operators see what has happened lately.
    pub(super) fn vital_signs(&self) -> &VitalSigns {
        &self.vital_signs
    }

    /// What is published of the journal.
    pub(super) fn roots(&self) -> &Arc<PublishedRoots> {
        &self.roots
    }

    /// Serves the city at a listener, and its figures there too or at an address of their own.
    pub(super) fn listen(
        &self,
        workers: &Workers,
        listener: TcpListener,
        tls: Option<Arc<Tls>>,
        figures_at: Option<SocketAddr>,
    ) -> Result<(), Failure> {
        workers.listen(listener, tls, || self.routes(figures_at.is_none()))?;
        if let Some(address) = figures_at {
            let listener = bind(address).map_err(|error| format!("listen on {address}: {error}"))?;
            let router = || compose::router([ops::figures_routes(self.figures.clone())], Router::new());
            workers.listen(listener, None, || (router(), Entrance::default()))?;
        }
        Ok(())
    }

    /// One worker's routes: what its handlers clone for each request is the worker's own.
    fn routes(&self, with_figures: bool) -> (Router, Entrance) {
        let zone = self.engine.world().catalogue.zone().clone();
        let time = CityTime { clock: Arc::clone(&self.clock), zone };
        let residents = self.residents();
        let entrance = Entrance {
            proxies: self.trusted_proxies.clone(),
            doorkeeper: Some(Arc::clone(&residents.doorkeeper)),
            door: Some(Door::new(Arc::clone(&self.admission))),
            problem_page: Some(problem_page::write),
        };
        let (doorkeeper, desk) = (&residents.doorkeeper, &residents.desk);
        let open_data = self.open_data();
        let pages = Pages {
            residents: residents.clone(),
            open_data: open_data.clone(),
            vital_signs: Arc::clone(&self.vital_signs),
            readiness: self.readiness.clone(),
            form_tokens: FormTokens::new(self.keys.form()),
        };
        let mut audiences = vec![
            ops::routes(self.readiness.clone(), time),
            open_data::routes(open_data),
            gate::routes(Gates { doorkeeper: Arc::clone(doorkeeper), desk: Arc::clone(desk) }),
            manager::routes(Managers { doorkeeper: Arc::clone(doorkeeper), desk: Arc::clone(desk) }),
            operator::routes(Operators { doorkeeper: Arc::clone(doorkeeper), desk: Arc::clone(desk) }),
            resident::routes(residents),
        ];
        if with_figures {
            audiences.push(ops::figures_routes(self.figures.clone()));
        }
        let router = compose::router(audiences, web::routes(pages));
        (router, entrance)
    }

    fn open_data(&self) -> OpenData {
        OpenData {
            engine: Arc::clone(&self.engine),
            clock: Arc::clone(&self.clock),
            ids: PublicIds::new(self.keys.public_id()),
            directory: Arc::clone(&self.directory),
            reports: Arc::clone(&self.reports),
            roots: Arc::clone(&self.roots),
            past: self.past.clone(),
            live: Arc::new(live::Hub::new(
                Arc::clone(&self.engine),
                Arc::clone(&self.clock),
                self.epoch,
                Arc::clone(&self.streams),
                live::STALL_MAX,
            )),
            boards: Arc::default(),
        }
    }

    fn residents(&self) -> Residents {
        let doorkeeper = Doorkeeper {
            engine: Arc::clone(&self.engine),
            tokens: Tokens::new(self.keys.token()),
            clock: Arc::clone(&self.clock),
            limits: Arc::clone(&self.limits),
        };
        let desk = Desk {
            engine: Arc::clone(&self.engine),
            clock: Arc::clone(&self.clock),
            ids: PublicIds::new(self.keys.public_id()),
            keys: self.keys.clone(),
            resident_keys: Arc::clone(&self.resident_keys),
            passwords: Arc::clone(&self.passwords),
            tickets: Tickets::new(&self.keys),
            queue_numbers: QueueNumbers::new(&self.keys),
            challenges: Challenges::new(&self.keys),
            past: self.past.clone(),
        };
        Residents { doorkeeper: Arc::new(doorkeeper), desk: Arc::new(desk) }
    }
}
