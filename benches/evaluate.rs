//! How long the whole library takes over ten thousand documents.

use ordain::evaluate::{Options, Repository, Settings, run};
use ordain::ir::PolicySet;
use ordain::manifest::{self, Resource};
use ordain::schema::Schema;
use ordain::semantics::{PolicyFile, analyse};
use ordain::source::{SourceFile, Sources};
use ordain::{stdlib, syntax};

const DOCUMENTS: usize = 10_000;
const NAMESPACES: usize = 97;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn library_over_ten_thousand_documents(bencher: divan::Bencher) {
    let mut sources = Sources::new();
    let set = library(&mut sources);
    let resources = repository(&mut sources);
    let schema = Schema::default();
    let settings = Settings::default();
    let repository = Repository::new(&sources, &resources, &schema, &settings);
    let rules: Vec<_> = set.rules.iter().collect();
    bencher.bench_local(|| run(&rules, &repository, &Options::default()));
}

fn library(sources: &mut Sources) -> PolicySet {
    let files = stdlib::files();
    let parsed: Vec<_> = files
        .iter()
        .map(|file| {
            let id = sources.add(SourceFile::new(file.path(), file.text));
            (
                id,
                file.path(),
                file.pack(),
                file.text,
                syntax::parse(id, file.text).0,
            )
        })
        .collect();
    let schema = Schema::default();
    let inputs: Vec<PolicyFile> = parsed
        .iter()
        .map(|(file, path, pack, text, tree)| PolicyFile {
            file: *file,
            path,
            pack,
            text,
            tree,
            schema: &schema,
        })
        .collect();
    analyse(&inputs, &schema, &[]).0
}

fn repository(sources: &mut Sources) -> Vec<Resource> {
    let text: String = (0..DOCUMENTS).map(|number| document(number) + "---\n").collect();
    let file = sources.add(SourceFile::new("all.yaml", text));
    let text = &sources.file(file).text;
    manifest::read_text(file, "all.yaml", text, manifest::Surroundings::default()).resources
}

/// Deployments, with what belongs to them in other documents.
fn document(number: usize) -> String {
    let (namespace, kind) = (number % NAMESPACES, number % 10);
    let before = number - kind;
    match kind {
        0..4 => format!(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: d{number}
  namespace: n{namespace}
  labels: {{ app: a{number} }}
spec:
  replicas: 2
  selector:
    matchLabels: {{ app: a{number} }}
  template:
    metadata:
      labels: {{ app: a{number} }}
    spec:
      serviceAccountName: runner
      containers:
      - name: web
        image: registry.acme.io/web:1.{number}
        ports: [{{ containerPort: 80 }}]
        env:
        - {{ name: A, value: b }}
        - {{ name: C, valueFrom: {{ secretKeyRef: {{ name: keys, key: k }} }} }}
        resources:
          requests: {{ cpu: 100m, memory: 128Mi }}
          limits: {{ memory: 256Mi }}
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {{ drop: [ALL] }}
          seccompProfile: {{ type: RuntimeDefault }}
        livenessProbe: {{ httpGet: {{ path: /live, port: 80 }} }}
        readinessProbe: {{ httpGet: {{ path: /ready, port: 80 }} }}
      volumes:
      - name: cache
        emptyDir: {{}}
"
        ),
        4 | 5 => format!(
            "apiVersion: v1
kind: Service
metadata: {{ name: s{number}, namespace: n{namespace} }}
spec:
  selector: {{ app: a{before} }}
  ports: [{{ port: 80 }}]
"
        ),
        6 => format!(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{ name: np{number}, namespace: n{namespace} }}
spec:
  podSelector: {{ matchLabels: {{ app: a{before} }} }}
  policyTypes: [Ingress]
"
        ),
        7 => format!(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{ name: h{number}, namespace: n{namespace} }}
spec:
  minReplicas: 2
  maxReplicas: 5
  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: d{before} }}
"
        ),
        8 => format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c{number}, namespace: n{namespace} }}\ndata: {{ a: b }}\n"
        ),
        _ => format!(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{ name: p{number}, namespace: n{namespace} }}
spec:
  minAvailable: 1
  selector: {{ matchLabels: {{ app: a{before} }} }}
"
        ),
    }
}
