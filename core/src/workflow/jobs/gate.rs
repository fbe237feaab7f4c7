//! The job that waits for every leg.
//!
//! Owns: the set of digests, whole or not at all. Must never know: how images are built.

use super::RUNNER;
use crate::workflow::{
    pins::{DOWNLOAD, UPLOAD},
    plan::Plan,
    text::expressions,
};

pub(in crate::workflow) fn job(plan: &Plan) -> String {
    let services = plan.legs.iter().map(|leg| leg.service.as_str()).collect::<Vec<_>>().join(" ");
    format!(
        r#"name: gate
needs: [build]
runs-on: {RUNNER}
timeout-minutes: 10
permissions: {{}}
steps:
  - name: Fetch the digests
    uses: {download}
    with:
      pattern: digest-*
      merge-multiple: true
      path: digests
  - name: All siblings are there
    env:
      SERVICES: {services}
    run: |
      read -ra names <<<"$SERVICES"
      for service in "${{names[@]}}"; do
        jq -e --arg s "$service" --arg c "$COMMIT" \
          '.service == $s and .commit == $c and (.digest | test("^sha256:[0-9a-f]{{64}}$"))' "digests/$service.json"
      done
      for service in "${{names[@]}}"; do cat "digests/$service.json"; done |
        jq -s '{{commit: .[0].commit, images: (map({{(.service): (.repository + "@" + .digest)}}) | add)}}' >plimsoll.json
  - name: Hand the set over
    uses: {upload}
    with:
      name: plimsoll
      path: plimsoll.json
      if-no-files-found: error
      overwrite: true
      retention-days: 30
"#,
        download = DOWNLOAD.uses(),
        upload = UPLOAD.uses(),
        services = expressions(&services),
    )
}
