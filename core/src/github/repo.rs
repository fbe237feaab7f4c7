//! Repositories, and whose token this is.
//!
//! Owns: how a repository is named and found. Must never know: what is in it.

use std::{fmt, str::FromStr};

use super::{
    Class, GitHub, GithubError, Read, RepositoryId,
    error::Result,
    types::{Account, Repository},
};

/// `owner/name`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

impl RepositoryName {
    /// The path of something that belongs to it.
    pub(super) fn path(&self, below: &[&str]) -> Vec<String> {
        let parts = ["repos", &self.owner, &self.name].into_iter().chain(below.iter().copied());
        parts.map(str::to_owned).collect()
    }
}

impl FromStr for RepositoryName {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let is_part = |part: &str| {
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            plain && !matches!(part, "" | "." | "..")
        };
        match text.split_once('/') {
            Some((owner, name)) if is_part(owner) && is_part(name) => Ok(Self { owner: owner.to_owned(), name: name.to_owned() }),
            _ => Err("is not like `owner/name`"),
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl GitHub {
    /// Whose token this is.
    ///
    /// # Errors
    /// When GitHub refuses it or does not answer.
    pub async fn account(&self) -> Result<Account> {
        self.read(&Read::new(vec!["user".to_owned()]), Class::Act).await
    }

    /// A repository by its name, old names included. Where its number is known, another repository under that name is refused.
    ///
    /// # Errors
    /// [`GithubError::Missing`], [`GithubError::AnotherRepository`], or when GitHub does not answer.
    pub async fn repository(&self, name: &RepositoryName, known: Option<RepositoryId>) -> Result<Repository> {
        let read = Read::<Repository>::new(name.path(&[])).about(known);
        let found = self.read(&read, Class::Act).await?;
        match known.filter(|known| *known != found.id) {
            Some(wanted) => Err(GithubError::AnotherRepository { wanted, found: found.id.to_string() }),
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RepositoryName;
    use crate::github::{
        GithubError, RepositoryId,
        testing::{Server, answer},
    };

    fn shop() -> RepositoryName {
        "anna/shop".parse().unwrap()
    }

    fn repository(id: u64) -> String {
        answer(200, "", &format!(r#"{{"id":{id},"full_name":"anna/store","private":true,"default_branch":"main"}}"#))
    }

    fn moved(place: &str) -> String {
        answer(301, &format!("location: {place}\r\n"), r#"{"message":"Moved Permanently"}"#)
    }

    #[test]
    fn a_name_has_two_plain_parts() {
        for wrong in ["shop", "a/b/c", "/b", "a/", "a/..", "./b", "a/b?c", "a/b c"] {
            assert!(wrong.parse::<RepositoryName>().is_err(), "{wrong}");
        }
        assert_eq!("a-b/c.d_e".parse::<RepositoryName>().unwrap().to_string(), "a-b/c.d_e");
    }

    #[tokio::test]
    async fn a_renamed_repository_is_found_by_its_number() {
        let server = Server::answering([moved("/repositories/7"), repository(7)]).await;
        let found = server.client().repository(&shop(), Some(RepositoryId(7))).await.unwrap();
        assert_eq!(found.full_name, "anna/store");
        assert_eq!(server.asked()[1].header("authorization"), Some("Bearer t0ken-canary"));
    }

    #[tokio::test]
    async fn another_repository_under_that_name_is_refused() {
        for answers in [vec![repository(8)], vec![moved("/repositories/8"), repository(8)], vec![moved("/repositories/71")]] {
            let server = Server::answering(answers).await;
            let error = server.client().repository(&shop(), Some(RepositoryId(7))).await.unwrap_err();
            assert!(matches!(error, GithubError::AnotherRepository { wanted: RepositoryId(7), .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn the_token_goes_to_no_other_host_and_round_no_circle() {
        let other = Server::answering([repository(7)]).await;
        let server = Server::answering([moved(other.url.join("repositories/7").unwrap().as_str())]).await;
        assert!(matches!(server.client().repository(&shop(), None).await, Err(GithubError::Unexpected { .. })));
        assert!(other.asked().is_empty());
        let circle = Server::answering(vec![moved("/repositories/7"); 9]).await;
        assert!(matches!(circle.client().repository(&shop(), None).await, Err(GithubError::Unexpected { .. })));
        assert_eq!(circle.asked().len(), 4);
    }
}
