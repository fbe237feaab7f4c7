//! Carrying a plan out against a server, and what a session without servers may delete.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{Cleaned, carry_out, clean, clean_plan};
use crate::{
    api::{Answer, Question, ecr::overview, registries, testing::bench},
    domain::{
        id::RegistryId,
        registry::{Registry, RegistryKind},
    },
    plan::ecr_cleanup::{CleanUp, Environment, Kept, Reason, Users, clean_up},
    problem::Code,
    registry::{
        Client, Ecr,
        aws::{Aws, image, index},
    },
};

const BUILT: &str = "0123456789ab-3f9a1c2e";

/// A project that has never been deployed pushes there.
fn nobody() -> Users {
    let kept = Environment::Answered(Kept::default());
    Users { environments: Some(BTreeMap::from([("production".parse().unwrap(), kept)])), under_way: false }
}

async fn plan(ecr: &Ecr) -> CleanUp {
    clean_up(&ecr.stored("shop-api").await.unwrap(), &nobody(), Timestamp::now())
}

#[tokio::test]
async fn an_index_goes_before_its_children_and_only_what_goes_is_counted() {
    let aws = Aws::start().await;
    let ecr = aws.ecr().await;
    aws.put_repository("shop-api", true);
    let children: Vec<_> = (1..=150).map(|n| aws.put("shop-api", image(n), &[], 40)).collect();
    for pair in children.chunks(2) {
        aws.put("shop-api", index(&[&pair[0], &pair[1]]), &[], 40);
    }
    let latest = aws.put("shop-api", image(999), &["latest"], 40);
    let mut cleaned = Cleaned::default();
    carry_out(&ecr, &plan(&ecr).await, async || Ok(nobody()), &mut cleaned).await.unwrap();
    assert_eq!((cleaned.deleted, cleaned.freed.0, cleaned.skipped.len()), (225, 150 * 100, 0), "the base is still needed");
    assert!(aws.tags("shop-api", &latest).is_some());
    assert_eq!(ecr.stored("shop-api").await.unwrap().images.len(), 1);
}

#[tokio::test]
async fn what_is_needed_by_the_time_it_is_done_stays() {
    let aws = Aws::start().await;
    let ecr = aws.ecr().await;
    aws.put_repository("shop-api", true);
    let kept = aws.put("shop-api", image(1), &[BUILT], 40);
    let child = aws.put("shop-api", image(2), &[], 40);
    let gone = aws.put("shop-api", image(3), &[], 40);
    let shown = plan(&ecr).await;
    assert_eq!(shown.remove.len(), 3);
    ecr.keep("shop-api", &kept, &"keep-staging-0123456789ab".parse().unwrap()).await.unwrap();
    let named = aws.put("shop-api", index(&[&child]), &["ba9876543210-3f9a1c2e"], 0);
    let mut cleaned = Cleaned::default();
    carry_out(&ecr, &shown, async || Ok(nobody()), &mut cleaned).await.unwrap();
    assert_eq!(cleaned.deleted, 1);
    assert_eq!(cleaned.skipped.iter().map(|one| one.reason.clone()).collect::<Vec<_>>(), [None, None]);
    let there = |digest| aws.tags("shop-api", digest).is_some();
    assert!(there(&kept) && there(&child) && there(&named) && !there(&gone));
}

#[tokio::test]
async fn a_deployment_that_begins_meanwhile_stops_it() {
    let aws = Aws::start().await;
    let ecr = aws.ecr().await;
    aws.put_repository("shop-api", true);
    let digest = aws.put("shop-api", image(1), &[BUILT], 40);
    let mut cleaned = Cleaned::default();
    let deploying = async || Ok::<_, crate::problem::Problem>(Users { under_way: true, ..nobody() });
    carry_out(&ecr, &plan(&ecr).await, deploying, &mut cleaned).await.unwrap();
    assert!(cleaned.deleted == 0 && aws.tags("shop-api", &digest).is_some());
}

#[tokio::test]
async fn without_an_answer_of_the_server_nothing_is_called_unused() {
    let (aws, bench) = (Aws::start().await, bench().await);
    let kind = RegistryKind::Ecr { region: None, profile: None, prefix: String::new(), endpoint: None };
    let registry = Registry { id: RegistryId::new(), name: "aws".parse().unwrap(), kind, added: Timestamp::UNIX_EPOCH };
    bench.session.store.registries().add(&registry).await.unwrap();
    let client = Arc::new(Client::over(aws.ecr().await));
    registries::put_opened(&bench.session, &registry, client).await;
    bench.settings("registry = \"aws\"\n[environments.production]\nserver = \"nowhere\"\n");
    for repository in ["shop-api", "theirs"] {
        aws.put_repository(repository, true);
        aws.put(repository, image(1), &[BUILT, "keep-production-0123456789ab"], 40);
    }
    let shown = overview(&bench.session, "aws").await.unwrap();
    assert_eq!((shown.bytes.0, shown.repositories.len()), (2 * 1_000_100, 2), "repositories share nothing");
    assert_eq!((shown.repositories[0].kept, shown.repositories[0].projects.len()), (1, 1));

    let plan = clean_plan(&bench.session, "aws").await.unwrap();
    assert_eq!(plan.removes, 0);
    let reasons: Vec<&Reason> = plan.repositories.iter().flat_map(|one| &one.protect[0].reasons).collect();
    assert!(reasons.iter().any(|reason| matches!(reason, Reason::Silent { .. })), "{reasons:?}");
    assert!(reasons.contains(&&Reason::NoProject), "{reasons:?}");
    assert_eq!(clean(&bench.session, &plan.token).await.unwrap(), Cleaned::default());
    assert_eq!(aws.asked("BatchDeleteImage"), 0);
    let rules = crate::api::ecr::rules(&bench.session, "aws").await.unwrap();
    assert!(rules.iter().all(|one| matches!(one.change, crate::api::ecr::Change::Refused { .. })), "{rules:?}");
}

/// An environment that nobody set up yet: the project's images are its own to delete, after a yes.
#[tokio::test]
async fn nothing_goes_without_a_yes() {
    let (aws, bench) = (Aws::start().await, bench().await);
    let kind = RegistryKind::Ecr { region: None, profile: None, prefix: String::new(), endpoint: None };
    let registry = Registry { id: RegistryId::new(), name: "aws".parse().unwrap(), kind, added: Timestamp::UNIX_EPOCH };
    bench.session.store.registries().add(&registry).await.unwrap();
    registries::put_opened(&bench.session, &registry, Arc::new(Client::over(aws.ecr().await))).await;
    bench.settings("registry = \"aws\"\n");
    aws.put_repository("shop-api", true);
    let digest = aws.put("shop-api", image(1), &[BUILT], 40);
    let plan = clean_plan(&bench.session, "aws").await.unwrap();
    assert_eq!((plan.removes, plan.frees.0), (1, 1_000_100));
    assert_eq!(clean(&bench.session, &plan.token).await.unwrap_err().code, Code::ConsentMissing);
    assert!(aws.tags("shop-api", &digest).is_some());
    assert!(matches!(&bench.person.asked.lock().unwrap()[..], [Question::Delete { what, .. }] if what == "1 images from aws"));
    *bench.person.says.lock().unwrap() = Answer::Yes;
    let cleaned = clean(&bench.session, &plan.token).await.unwrap();
    assert_eq!((cleaned.deleted, cleaned.freed.0), (1, 1_000_100));
    assert!(aws.tags("shop-api", &digest).is_none());
}
