//! How an account comes to be: by its resident, who has a password, or at a counter, without one; and how the latter becomes the
//! former when its resident signs up.
//!
//! Keys are made and data is sealed off the threads that serve. Always: a telephone number that is kept for an account is given up
//! unless the account's record is queued.

use std::sync::Arc;

use super::Desk;
use crate::api::person::{KeptPhone, open, password_problem, seal};
use crate::api::problem::Problem;
use crate::api::settled::{durably, with_lane};
use crate::domain::event::{AccountCompleted, AccountOpened, PhoneHash, Role};
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::refusal::Refusal;
use crate::identity::password::Password;
use crate::identity::personal::PersonalData;
use crate::identity::phone::Phone;
use crate::identity::resident_keys::ResidentKeys;

impl Desk {
    /// Opens a resident's account, with a password or without one; durable when this returns.
    ///
    /// # Errors
    /// `phone-taken`, or why nothing was opened.
    pub async fn open_account(
        &self,
        phone: Phone,
        name: String,
        password: Option<Password>,
    ) -> Result<ResidentNo, Problem> {
        // Asked before a password is hashed and a key is made.
        self.engine.expect_room().map_err(|refusal| self.refuse(refusal))?;
        let hash = self.hash_of(&phone);
        let no = self.engine.reserve_phone(hash).map_err(|refusal| self.refuse(refusal))?;
        // Whatever goes wrong from here on, or if nobody waits any more, the number is given up.
        let kept = KeptPhone::new(&self.engine, hash, no);
        let password_hash = match password {
            Some(password) => {
                Some(self.passwords.hash(password).await.map_err(|fault| password_problem(&fault))?)
            }
            None => None,
        };
        let data = PersonalData { phone, name, password_hash };
        let sealed = seal(&self.resident_keys, no, data).await?;
        let account = AccountOpened { resident: no, role: Role::Resident, phone: hash, sealed };
        let ticket = kept.hand_over(|| {
            with_lane(|lane: &CommandLane| self.engine.open_account(lane, account))
                .map_err(|refusal| self.refuse(refusal))
        })?;
        durably(ticket).await?;
        Ok(no)
    }

    /// Gives an account that was opened at a counter to whoever signs up with its telephone number; durable when this returns.
    ///
    /// # Errors
    /// `phone-taken` when the account has a password, or is not a resident's.
    pub async fn complete_account(
        &self,
        phone: Phone,
        name: String,
        password: Password,
    ) -> Result<ResidentNo, Problem> {
        let account = self.engine.account_by_phone(self.hash_of(&phone));
        let (no, before) = account.ok_or(Problem::PhoneTaken)?;
        let role = self.engine.residents().get(no).and_then(|account| account.role());
        let known = self.personal_data(no, Arc::clone(&before)).await?;
        if known.password_hash.is_some() || role != Some(Role::Resident) {
            return Err(Problem::PhoneTaken);
        }
        let hash = self.passwords.hash(password).await.map_err(|fault| password_problem(&fault))?;
        let data = PersonalData { phone, name, password_hash: Some(hash) };
        let sealed = self.with_keys(move |keys| {
            let key = keys.get(no).map_err(|fault| fault.to_string())?;
            data.seal(no, &key).map_err(|fault| fault.to_string())
        });
        let completed = AccountCompleted { resident: no, sealed: sealed.await?.into() };
        let ticket = with_lane(|lane: &CommandLane| self.engine.complete_account(lane, &before, completed))
            .map_err(|refusal| self.refuse(refusal))?;
        durably(ticket).await?;
        Ok(no)
    }

    /// The account of a telephone number, opened without a password where there is none.
    ///
    /// # Errors
    /// `forbidden` for the number of one of the staff, or why nothing was opened.
    pub async fn account_at_counter(&self, phone: Phone, name: String) -> Result<ResidentNo, Problem> {
        match self.known_at_counter(&phone)? {
            Some(no) => Ok(no),
            None => self.open_account(phone, name, None).await,
        }
    }

    /// The account of somebody at the counter, where there is one.
    ///
    /// # Errors
    /// `forbidden` for one of the staff.
    pub fn known_at_counter(&self, phone: &Phone) -> Result<Option<ResidentNo>, Problem> {
        let Some((no, _)) = self.engine.account_by_phone(self.hash_of(phone)) else { return Ok(None) };
        match self.engine.residents().get(no).and_then(|account| account.role()) {
            Some(Role::Resident) => Ok(Some(no)),
            Some(Role::VenueManager(_) | Role::FrontDesk(_) | Role::Operator) | None => {
                Err(self.refuse(Refusal::Forbidden))
            }
        }
    }

    /// What is known of a person.
    ///
    /// # Errors
    /// `unauthenticated` of who has deleted his account meanwhile; a fault of ours.
    pub async fn personal_data(&self, no: ResidentNo, sealed: Arc<[u8]>) -> Result<PersonalData, Problem> {
        let opened = open(&self.resident_keys, vec![(no, sealed)]).await?.pop();
        opened.ok_or(Problem::Unauthenticated)
    }

    /// Works with the residents' keys, which stand in a file: off the threads that serve.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn with_keys<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ResidentKeys) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Problem> {
        let keys = Arc::clone(&self.resident_keys);
        match tokio::task::spawn_blocking(move || work(&keys)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(fault)) => Err(Problem::internal(&fault)),
            Err(fault) => Err(Problem::internal(&fault)),
        }
    }

    fn hash_of(&self, phone: &Phone) -> PhoneHash {
        PhoneHash(phone.hash(self.keys.phone()).bytes())
    }
}
