//! Several files made one: reading, `extends`, `include`, merging.
//!
//! Owns: which file is read when, from which folder, with which variables. Must never know: what a service means.

use super::{
    dotenv,
    files::ProjectFiles,
    finding::{Finding, FindingCode, Place},
    interpolate::interpolate,
    keys, merge,
    model::{ReferenceKind, ReferencedFile},
    node::{Node, Value},
    notes::Notes,
    paths, rebase, shape,
    template::Values,
    yaml,
};

/// What is being loaded.
pub(crate) struct Loader<'a> {
    pub(crate) files: &'a dyn ProjectFiles,
    pub(crate) notes: Notes,
    pub(crate) referenced: Vec<ReferencedFile>,
    /// Files that are being included, outermost first.
    including: Vec<String>,
}

/// Whether the file's own `include`s are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    WithIncludes,
    ServicesOnly,
}

/// Where a service that is extended is being looked for.
type Chain = Vec<(String, String)>;

impl<'a> Loader<'a> {
    pub(crate) fn new(files: &'a dyn ProjectFiles) -> Self {
        Self { files, notes: Notes::default(), referenced: Vec::new(), including: Vec::new() }
    }

    /// The given files laid over each other; relative paths start from `base`.
    pub(crate) fn project(&mut self, files: &[String], base: &str, values: &Values, named_at: &Place) -> Option<Node> {
        let mut whole: Option<Node> = None;
        for file in files {
            let Some(document) = self.file(file, base, values, named_at, Depth::WithIncludes) else { continue };
            match &mut whole {
                Some(whole) => merge::merge(whole, &document),
                None => whole = Some(document),
            }
        }
        if let Some(whole) = &mut whole {
            merge::drop_resets(whole);
        }
        whole
    }

    fn file(&mut self, file: &str, base: &str, values: &Values, named_at: &Place, depth: Depth) -> Option<Node> {
        let text = self.text(file, ReferenceKind::Compose, true, named_at)?;
        let documents = match yaml::parse(&text, file, &mut self.notes) {
            Ok(documents) => documents,
            Err(finding) => {
                self.notes.add(finding);
                return None;
            }
        };
        let mut whole: Option<Node> = None;
        for mut document in documents.into_iter().filter(|d| d.value != Value::Null) {
            if !matches!(document.value, Value::Map(_)) {
                self.notes.wrong_type(&document, "the file", "a mapping with `services:`");
                return None;
            }
            self.prepare(&mut document, base, values);
            if depth == Depth::WithIncludes {
                keys::check_top(&document, &mut self.notes);
                self.extend_all(&mut document, file, values);
                self.include_all(&mut document, base, values);
            }
            match &mut whole {
                Some(whole) => merge::merge(whole, &document),
                None => whole = Some(document),
            }
        }
        if whole.is_none() {
            self.notes.add(Finding::error(
                FindingCode::NoServices,
                &Place::file(file),
                "the file is empty",
                "Write at least one service under `services:`, or take the file out.",
            ));
        }
        whole
    }

    fn prepare(&mut self, document: &mut Node, base: &str, values: &Values) {
        interpolate(document, values, &mut self.notes);
        shape::services(document, &mut self.notes);
        rebase::rebase(document, base);
    }

    /// A file's text. A missing one is noted if it is required.
    pub(crate) fn text(&mut self, file: &str, kind: ReferenceKind, required: bool, named_at: &Place) -> Option<String> {
        let named_at = if named_at.file.is_empty() { &Place::file(file) } else { named_at };
        if paths::in_repository(self.files.folder(), file).is_none() {
            let text = format!("`{file}` lies outside the repository");
            let remedy = "Move the file into the repository: only its files travel.";
            self.notes.add(Finding::error(FindingCode::OutsideRepository, named_at, text, remedy));
            return None;
        }
        self.refer(file, kind, required, named_at);
        let unreadable = |reason: String| {
            let text = format!("`{file}` cannot be read: {reason}");
            Finding::error(FindingCode::FileUnreadable, named_at, text, "Check the file and its permissions.")
        };
        let found = match self.files.read(file) {
            Ok(found) => found.map(String::from_utf8).transpose().map_err(|_| unreadable("it is not UTF-8".to_owned())),
            Err(error) => Err(unreadable(error.to_string())),
        };
        match found {
            Ok(None) if required => self.notes.add(Finding::error(
                FindingCode::FileMissing,
                named_at,
                format!("`{file}` does not exist"),
                "Add and commit the file, or mend its name.",
            )),
            Ok(found) => return found,
            Err(finding) => self.notes.add(finding),
        }
        None
    }

    pub(crate) fn refer(&mut self, path: &str, kind: ReferenceKind, required: bool, place: &Place) {
        if let Some(known) = self.referenced.iter_mut().find(|r| r.path == path && r.kind == kind) {
            known.required |= required;
            return;
        }
        self.referenced.push(ReferencedFile { path: path.to_owned(), kind, required, place: place.clone() });
    }

    fn extend_all(&mut self, document: &mut Node, file: &str, values: &Values) {
        let names: Vec<String> =
            document.get("services").map(Node::entries).unwrap_or_default().iter().map(|e| e.key.clone()).collect();
        let original = document.clone();
        for name in names {
            let extends = original.get("services").and_then(|s| s.get(&name)).is_some_and(|s| s.get("extends").is_some());
            if extends
                && let Some(service) = self.extended(&original, file, &name, values, &mut Vec::new())
                && let Some(services) = document.get_mut("services")
            {
                services.set(&name, service);
            }
        }
    }

    /// A service of a document with everything that it extends laid under it.
    fn extended(&mut self, document: &Node, file: &str, name: &str, values: &Values, chain: &mut Chain) -> Option<Node> {
        let mut service = document.get("services")?.get(name)?.clone();
        let Some(extends) = service.remove("extends") else { return Some(service) };
        let here = (file.to_owned(), name.to_owned());
        if chain.contains(&here) {
            let remedy = "Take one of these `extends` out.";
            let text = format!("the service {name} extends itself, through others");
            self.notes.add(Finding::error(FindingCode::UnknownReference, &extends.place, text, remedy));
            return None;
        }
        chain.push(here);
        let wanted = extends.get("service").and_then(Node::text).unwrap_or_default().to_owned();
        let other = extends.get("file").and_then(Node::text).filter(|f| *f != file);
        let mut base = match other {
            Some(path) => {
                let from = self.file(path, paths::parent(path), values, &extends.place, Depth::ServicesOnly)?;
                self.base(&from, path, &wanted, values, chain, &extends)?
            }
            None => self.base(document, file, &wanted, values, chain, &extends)?,
        };
        chain.pop();
        merge::merge_service(&mut base, &service);
        base.place = service.place;
        Some(base)
    }

    fn base(
        &mut self,
        document: &Node,
        file: &str,
        name: &str,
        values: &Values,
        chain: &mut Chain,
        extends: &Node,
    ) -> Option<Node> {
        if document.get("services").and_then(|s| s.entry(name)).is_none() {
            let text = format!("`extends` names the service {name}, which {file} does not have");
            let remedy = "Mend the name, or add the service.";
            self.notes.add(Finding::error(FindingCode::UnknownReference, &extends.place, text, remedy));
            return None;
        }
        self.extended(document, file, name, values, chain)
    }

    fn include_all(&mut self, document: &mut Node, base: &str, values: &Values) {
        let Some(include) = document.remove("include") else { return };
        for item in include.items() {
            if let Some(included) = self.included(item, base, values) {
                self.import(document, &included, item);
            }
        }
    }

    fn included(&mut self, item: &Node, base: &str, values: &Values) -> Option<Node> {
        let many = |key: &str| -> Vec<String> {
            let node = if matches!(item.value, Value::Map(_)) { item.get(key) } else { Some(item).filter(|_| key == "path") };
            let texts = node.map(|n| n.text().into_iter().chain(n.items().iter().filter_map(Node::text)).collect::<Vec<_>>());
            texts.unwrap_or_default().into_iter().map(|p| paths::join(base, p)).collect()
        };
        let files = many("path");
        let Some(first) = files.first() else {
            self.notes.wrong_type(item, "an `include`", "a path, or a mapping with `path`");
            return None;
        };
        if let Some(again) = files.iter().find(|f| self.including.contains(f)) {
            let text = format!("`{again}` includes itself, through others");
            self.notes.add(Finding::error(FindingCode::UnknownReference, &item.place, text, "Take one of these `include`s out."));
            return None;
        }
        let directory = many("project_directory").pop().unwrap_or_else(|| paths::parent(first).to_owned());
        let directory = if directory == "." { String::new() } else { directory };
        let values = self.include_values(many("env_file"), &directory, values, item);
        let depth = self.including.len();
        self.including.extend(files.iter().cloned());
        let whole = self.project(&files, &directory, &values, &item.place);
        self.including.truncate(depth);
        whole
    }

    /// What the included files see: the outer variables first, then their own env files.
    fn include_values(&mut self, named: Vec<String>, directory: &str, values: &Values, item: &Node) -> Values {
        let required = !named.is_empty();
        let files = if required { named } else { vec![paths::join(directory, ".env")] };
        let mut all = values.clone();
        for file in files {
            let Some(text) = self.text(&file, ReferenceKind::IncludeEnvFile, required, &item.place) else { continue };
            match dotenv::read(&text) {
                Ok(own) => all = own.into_iter().chain(std::mem::take(&mut all)).collect(),
                Err(error) => self.notes.add(Finding::error(
                    FindingCode::WrongType,
                    &Place::file(&file),
                    error.to_string(),
                    "Write NAME=value lines.",
                )),
            }
        }
        all
    }

    fn import(&mut self, document: &mut Node, included: &Node, item: &Node) {
        for kind in ["services", "volumes", "networks", "configs", "secrets"] {
            let Some(theirs) = included.get(kind) else { continue };
            if document.get(kind).is_none() {
                document.set(kind, Node::empty_map(theirs.place.clone()));
            }
            let Some(ours) = document.get_mut(kind) else { continue };
            for entry in theirs.entries() {
                match ours.entry(&entry.key) {
                    Some(own) if !same(&own.node, &entry.node) => {
                        let text = format!("`{kind}.{}` is also defined by the included {}", entry.key, entry.place);
                        let remedy = "Rename one of the two, or put the changes in an override file.";
                        let place = if own.place.file.is_empty() { &item.place } else { &own.place };
                        self.notes.add(Finding::error(FindingCode::Conflict, place, text, remedy));
                    }
                    Some(_) => {}
                    None => ours.set(&entry.key, entry.node.clone()),
                }
            }
        }
    }
}

/// Whether two nodes say the same, places aside.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Scalar(a), Value::Scalar(b)) => a.text == b.text,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len() && x.iter().all(|e| b.entry(&e.key).is_some_and(|o| same(&e.node, &o.node)))
        }
        _ => false,
    }
}
