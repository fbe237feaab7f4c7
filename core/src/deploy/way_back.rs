//! Whether there is a way back from a deployment, and who may go on without one.
//!
//! Owns: that decision. Must never know: how a person is asked.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    halt::Halt,
    logins::auth_for,
    resolve::Compose,
    takeover,
    world::{Undo, World},
};
use crate::{
    domain::record::ReleaseRecord,
    plan::deploy::{Consent, Risk},
    problem::{Code, Problem},
    registry::ImageName,
};

/// So long a question waits. The server's lock is ours meanwhile.
const PATIENCE: Duration = Duration::from_secs(600);

/// Somebody who may accept a risk.
#[async_trait]
pub trait Accepts: Send + Sync {
    /// Puts the question.
    async fn accepts(&self, consent: Consent) -> Said;
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// Nothing: nobody is there.
    Nothing,
}

/// Whether something runs there that is of no release; then somebody accepts that it is taken over.
pub(super) async fn over_found(world: &World, compose: &Compose, undo: Undo) -> Result<bool, Halt> {
    let Some(found) = takeover::found(world, compose).await? else { return Ok(false) };
    if undo != Undo::Waived {
        accepted(world.person.as_ref(), undo, found.consent(), found.refusal()).await?;
    }
    Ok(true)
}

/// The images of the release that serves are there, or somebody accepts that there is no way back to it. Missing ones are
/// pulled again by digest; only if that fails a person has to decide.
pub(super) async fn to(world: &World, record: &ReleaseRecord, undo: Undo) -> Result<(), Halt> {
    if undo == Undo::Waived {
        return Ok(());
    }
    for (service, image) in &record.release.services {
        let pinned = &image.image;
        if world.server.engine.held(pinned).await?.is_some() {
            continue;
        }
        let auth = match pinned.repository.parse::<ImageName>() {
            Ok(name) => auth_for(world, name.host()).await?,
            Err(_) => None,
        };
        if let Err(error) = world.server.engine.pull(pinned, auth.as_ref(), &mut |_| {}).await {
            let refusal = not_undoable(service.as_str(), &Problem::from(error));
            let cause = format!("If it fails, what serves now cannot be brought back: {}.", refusal.detail);
            let volumes = "Volumes and their data stay as they are.".to_owned();
            let consent = Consent { to: Risk::NoWayBack, consequences: vec![cause, volumes] };
            return accepted(world.person.as_ref(), undo, consent, refusal).await;
        }
    }
    Ok(())
}

async fn accepted(person: &dyn Accepts, undo: Undo, consent: Consent, refusal: Problem) -> Result<(), Halt> {
    if undo == Undo::Required {
        return Err(refusal.into());
    }
    match tokio::time::timeout(PATIENCE, person.accepts(consent)).await {
        Ok(Said::Yes) => Ok(()),
        Ok(Said::No) => Err(Halt::Cancelled),
        Ok(Said::Nothing) | Err(_) => Err(refusal.into()),
    }
}

fn not_undoable(service: &str, cause: &Problem) -> Problem {
    Problem::new(
        Code::NotRestorable,
        "This deployment could not be undone",
        format!("the image of {service} that serves now is neither on the server nor in the registry ({})", cause.title),
        "Deploy with --yes if you accept that there is no way back.",
    )
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Mutex};

    use async_trait::async_trait;

    use super::{Accepts, Said, accepted, not_undoable};
    use crate::{
        deploy::{Halt, Undo},
        plan::deploy::{Consent, Risk},
        problem::{Code, Problem},
    };

    /// Says this, or nothing ever.
    struct Person(Option<Said>, Mutex<Vec<Consent>>);

    #[async_trait]
    impl Accepts for Person {
        async fn accepts(&self, consent: Consent) -> Said {
            self.1.lock().unwrap().push(consent);
            match self.0 {
                Some(said) => said,
                None => pending().await,
            }
        }
    }

    /// How it goes on, and how often somebody was asked.
    async fn with(undo: Undo, said: Option<Said>) -> (Result<(), Halt>, usize) {
        let person = Person(said, Mutex::default());
        let cause = Problem::new(Code::HostUnreachable, "the registry is gone", "", "");
        let consent = Consent { to: Risk::NoWayBack, consequences: Vec::new() };
        let answer = accepted(&person, undo, consent, not_undoable("web", &cause)).await;
        (answer, person.1.into_inner().unwrap().len())
    }

    fn refused(answer: Result<(), Halt>) -> bool {
        matches!(answer, Err(Halt::Problem(problem)) if problem.code == Code::NotRestorable)
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_yes_goes_on_without_a_way_back() {
        assert_eq!(with(Undo::Asked, Some(Said::Yes)).await, (Ok(()), 1));
        assert_eq!(with(Undo::Asked, Some(Said::No)).await, (Err(Halt::Cancelled), 1));
        assert!(refused(with(Undo::Asked, Some(Said::Nothing)).await.0));
        assert!(refused(with(Undo::Asked, None).await.0), "nobody answers in time");
    }

    #[tokio::test]
    async fn who_requires_a_way_back_is_not_asked() {
        let (answer, asked) = with(Undo::Required, Some(Said::Yes)).await;
        assert!(refused(answer) && asked == 0);
    }
}
