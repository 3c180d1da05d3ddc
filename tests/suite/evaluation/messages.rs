//! The sentences that the compiler writes for clauses without a `message`.

use super::check;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      volumes: [{ name: data, hostPath: { path: /etc } }]
      containers:
        - name: app
          image: nginx
          env: [{ name: DB_PASSWORD, value: x }]
          securityContext: { privileged: true, capabilities: { add: [SYS_ADMIN] } }
          resources: { limits: { memory: 4Gi }, requests: { memory: 1Gi } }
";

/// The message of one rule's only finding in [`WEB`].
fn message(rule: &str) -> String {
    let found = check(&format!("rule r {{\n{rule}\n}}"), WEB);
    assert_eq!(found.lines().count(), 1, "{found}");
    // Behind the place and the text that stands there.
    found.rsplit_once("` container").map_or_else(
        || found.split_once("` ").unwrap().1.to_owned(),
        |(_, rest)| format!("container{rest}"),
    )
}

#[test]
fn conditions_say_what_is_and_what_must_be() {
    let cases = [
        (
            "for c in containers forbid c.securityContext.privileged ?? false",
            "`securityContext.privileged` is `true`, must be `false`",
        ),
        (
            "for c in containers require c.stdin ?? false",
            "`stdin` is `unset`, must be `true`",
        ),
        (
            "for c in containers require c.resources.limits[\"cpu\"] is set",
            "`resources.limits[\"cpu\"]` is not set",
        ),
        (
            "for c in containers require c.imagePullPolicy ?? \"IfNotPresent\" == \"Always\"",
            "`imagePullPolicy` is `unset`, must be `Always`",
        ),
        (
            "for c in containers require c.image like \"registry.acme.io/*\"",
            "`image` is `nginx`, must match `registry.acme.io/*`",
        ),
        (
            "for c in containers forbid c.image in [\"nginx\", \"httpd\"]",
            "`image` is `nginx`, must not be one of `nginx`, `httpd`",
        ),
        (
            "for c in containers\n where c.resources.limits[\"memory\"] is set and c.resources.requests[\"memory\"] is set\n \
             require c.resources.limits[\"memory\"] <= 2 * c.resources.requests[\"memory\"]",
            "`resources.limits[\"memory\"]` is `4Gi`, must be at most `2Gi` (`2 * c.resources.requests[\"memory\"]`)",
        ),
        (
            "for c in containers let tag = c.image.tag ?? \"latest\"\n require tag != \"latest\"",
            "`tag` is `latest`, must not be `latest`",
        ),
        (
            "for c in containers for cap in c.securityContext.capabilities.add forbid cap == \"SYS_ADMIN\"",
            "an element of `securityContext.capabilities.add` is `SYS_ADMIN`, must not be `SYS_ADMIN`",
        ),
        (
            "for c in containers require c.image.tag ?? \"latest\" matches r\"^\\d+$\"",
            "`image.tag` is `unset`, must match `^[0-9]+$`",
        ),
        (
            "for c in containers for k, _ in c.resources.limits forbid k == \"memory\"",
            "a key of `resources.limits` is `memory`, must not be `memory`",
        ),
        (
            "for c in containers require c.readinessProbe is set or c.image endsWith \":1\"",
            "`c.readinessProbe is set or c.image endsWith \":1\"` does not hold (`image` is `nginx`)",
        ),
    ];
    for (rule, expected) in cases {
        let rule = rule
            .replace(" require", "\n require")
            .replace(" forbid", "\n forbid")
            .replace(" let ", "\n let ");
        let rule = rule
            .replace(" for cap", "\n for cap")
            .replace(" for k", "\n for k");
        assert_eq!(
            message(&rule),
            format!("container `app` of Deployment `web`: {expected}")
        );
    }
}

#[test]
fn subjects_are_named_as_their_readers_know_them() {
    assert_eq!(
        message("for d in Deployment\nrequire d.spec.replicas ?? 1 >= 2"),
        "Deployment `web`: `spec.replicas` is `1`, must be at least `2`"
    );
    assert_eq!(
        message("for p in pods\nforbid any v in p.spec.volumes: v.hostPath is set"),
        "volume `data` of Deployment `web`: `hostPath` is set, must not be"
    );
    assert_eq!(
        message("for c in containers\nrequire no e in c.env: e.name like \"*PASSWORD*\""),
        "env var `DB_PASSWORD` of Deployment `web`: `name` is `DB_PASSWORD`, must not match `*PASSWORD*`"
    );
    assert_eq!(
        message("for n in namespaces\nrequire any np in NetworkPolicy: np.namespace == n"),
        "namespace `shop`: there is no NetworkPolicy for which `np.namespace == n`"
    );
    assert_eq!(
        message("for p in pods\nrequire any np in NetworkPolicy: np.namespace == p.namespace"),
        "Deployment `web`: there is no NetworkPolicy for which `np.namespace == p.namespace` (`namespace` is `shop`)"
    );
}

#[test]
fn a_label_is_shown_itself_and_not_all_labels() {
    let policy =
        "rule r {\n  for d in Deployment\n  require d.labels[\"team\"] ?? \"\" matches r\"^[a-z]+$\"\n}";
    let manifest = WEB.replace("namespace: shop", "namespace: shop, labels: { team: 7web }");
    let found = check(policy, &manifest);
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains("7web") && !found.contains("{ team"), "{found}");
}
