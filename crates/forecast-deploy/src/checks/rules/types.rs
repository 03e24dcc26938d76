//! Objects against Kubernetes' own types: every field exists and holds what it should.

use k8s_openapi::Resource;
use k8s_openapi::api::{apps, autoscaling, batch, core, networking, policy, rbac, scheduling, storage};
use serde::de::DeserializeOwned;
use serde_ignored::Path as Ignored;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Object;
use super::super::yaml::Node;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Kubernetes' types",
    rules: &[
        Rule {
            id: "kind",
            holds: "Every object is of a kind that Kubernetes or a named extension knows.",
            check: kind,
        },
        Rule { id: "field", holds: "Every field of an object exists in its type.", check: field },
        Rule { id: "field-type", holds: "Every field holds what its type takes.", check: field_type },
        Rule { id: "object-name", holds: "Every object has a name that DNS takes.", check: object_name },
    ],
};

/// Kinds that extensions bring, with the fields that they cannot do without.
const EXTENSIONS: [(&str, &str, &[&str]); 14] = [
    ("external-secrets.io/v1", "ExternalSecret", &["spec/secretStoreRef/name", "spec/target/name"]),
    ("external-secrets.io/v1", "SecretStore", &["spec/provider"]),
    ("external-secrets.io/v1", "ClusterSecretStore", &["spec/provider"]),
    ("monitoring.coreos.com/v1", "ServiceMonitor", &["spec/selector", "spec/endpoints"]),
    ("monitoring.coreos.com/v1", "PodMonitor", &["spec/selector", "spec/podMetricsEndpoints"]),
    ("monitoring.coreos.com/v1", "PrometheusRule", &["spec/groups"]),
    ("azmonitoring.coreos.com/v1", "ServiceMonitor", &["spec/selector", "spec/endpoints"]),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", &["spec/parentRefs", "spec/rules"]),
    ("gateway.networking.k8s.io/v1", "Gateway", &["spec/gatewayClassName", "spec/listeners"]),
    ("cert-manager.io/v1", "Certificate", &["spec/secretName"]),
    ("cert-manager.io/v1", "Issuer", &["spec"]),
    ("cert-manager.io/v1", "ClusterIssuer", &["spec"]),
    ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", &["spec/provider"]),
    ("keda.sh/v1alpha1", "ScaledObject", &["spec/scaleTargetRef/name", "spec/triggers"]),
];

/// What a type says of an object.
struct Verdict {
    /// Paths of fields that it does not know.
    unknown: Vec<Vec<String>>,
    /// Path and reason where it cannot be read.
    wrong: Option<(Vec<String>, String)>,
}

type Reader = fn(&Value) -> Verdict;

fn known<T: Resource + DeserializeOwned>() -> (&'static str, &'static str, Reader) {
    (T::API_VERSION, T::KIND, read::<T>)
}

fn types() -> [(&'static str, &'static str, Reader); 25] {
    [
        known::<apps::v1::DaemonSet>(),
        known::<apps::v1::Deployment>(),
        known::<apps::v1::StatefulSet>(),
        known::<autoscaling::v2::HorizontalPodAutoscaler>(),
        known::<batch::v1::CronJob>(),
        known::<batch::v1::Job>(),
        known::<core::v1::ConfigMap>(),
        known::<core::v1::LimitRange>(),
        known::<core::v1::Namespace>(),
        known::<core::v1::PersistentVolume>(),
        known::<core::v1::PersistentVolumeClaim>(),
        known::<core::v1::Pod>(),
        known::<core::v1::ResourceQuota>(),
        known::<core::v1::Secret>(),
        known::<core::v1::Service>(),
        known::<core::v1::ServiceAccount>(),
        known::<networking::v1::Ingress>(),
        known::<networking::v1::NetworkPolicy>(),
        known::<policy::v1::PodDisruptionBudget>(),
        known::<rbac::v1::ClusterRole>(),
        known::<rbac::v1::ClusterRoleBinding>(),
        known::<rbac::v1::Role>(),
        known::<rbac::v1::RoleBinding>(),
        known::<scheduling::v1::PriorityClass>(),
        known::<storage::v1::StorageClass>(),
    ]
}

fn read<T: DeserializeOwned>(value: &Value) -> Verdict {
    let mut unknown = Vec::new();
    let mut note = |path: Ignored<'_>| unknown.push(ignored_steps(&path));
    let reader = serde_ignored::Deserializer::new(value, &mut note);
    let wrong = serde_path_to_error::deserialize::<_, T>(reader).err().map(|error| {
        let steps = error.path().iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        (steps.collect(), error.inner().to_string())
    });
    Verdict { unknown, wrong }
}

/// Keys and indices on the way to a field; wrappers such as options are no step.
fn ignored_steps(path: &Ignored<'_>) -> Vec<String> {
    let (parent, step) = match path {
        Ignored::Root => return Vec::new(),
        Ignored::Seq { parent, index } => (parent, Some(index.to_string())),
        Ignored::Map { parent, key } => (parent, Some((*key).to_owned())),
        Ignored::Some { parent } | Ignored::NewtypeStruct { parent } | Ignored::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    ignored_steps(parent).into_iter().chain(step).collect()
}

fn verdict(object: &Object) -> Option<Verdict> {
    let (version, kind) = (object.node.text_at("apiVersion")?, object.kind());
    let found = types().into_iter().find(|(known, name, _)| *known == version && *name == kind);
    found.map(|(_, _, read)| read(&object.node.to_json()))
}

fn objects(project: &Project) -> impl Iterator<Item = &Object> {
    project.stacks.iter().flat_map(|stack| &stack.objects)
}

fn kind(project: &Project, report: &mut Report) {
    for object in objects(project) {
        let version = object.node.text_at("apiVersion").unwrap_or_default();
        let is = |known: &str, kind: &str| known == version && kind == object.kind();
        if types().iter().any(|(known, kind, _)| is(known, kind)) {
            continue;
        }
        let Some((_, _, fields)) = EXTENSIONS.iter().find(|(known, kind, _)| is(known, kind)) else {
            let of_kind: Vec<&str> = types()
                .iter()
                .filter(|(_, kind, _)| *kind == object.kind())
                .map(|(known, _, _)| *known)
                .collect();
            let remedy = match of_kind.as_slice() {
                [] => "mend the kind, or add the extension to EXTENSIONS in the checks".to_owned(),
                known => format!("{} is of apiVersion {}", object.kind(), known.join(" or ")),
            };
            let message = format!("there is no {} in {version}", object.kind());
            report.add(object.node.place_at("apiVersion"), message, remedy);
            continue;
        };
        for field in fields.iter().filter(|field| object.node.at(field).is_none()) {
            let message = format!("{} {} has no {}", object.kind(), object.name(), field.replace('/', "."));
            report.add(object.node.place_at(field), message, "add the field; the extension needs it");
        }
    }
}

fn field(project: &Project, report: &mut Report) {
    for object in objects(project) {
        for path in verdict(object).map(|verdict| verdict.unknown).unwrap_or_default() {
            let (parent, place) = locate(&object.node, &path);
            let last = path.last().map(String::as_str).unwrap_or_default();
            let message = format!("{} has no field {last} in {}", object.kind(), parent);
            report.add(&place, message, format!("mend the spelling or the indentation of {last}"));
        }
    }
}

fn field_type(project: &Project, report: &mut Report) {
    for object in objects(project) {
        if let Some((path, reason)) = verdict(object).and_then(|verdict| verdict.wrong) {
            let (_, place) = locate(&object.node, &path);
            let message = format!("{} of {} cannot be read: {reason}", path.join("."), object.kind());
            report.add(
                &place,
                message,
                "give it the type that the message names; texts that look like numbers need quotes",
            );
        }
    }
}

fn object_name(project: &Project, report: &mut Report) {
    for object in objects(project).filter(|object| object.kind() != "Kustomization") {
        let name = object.node.text_at("metadata/generateName").unwrap_or(object.name());
        let is_dns = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if name.is_empty() || name.len() > 253 || !name.chars().all(is_dns) || name.starts_with('-') {
            let message = format!("{name:?} is no name for a {}", object.kind());
            let remedy = "use small letters, digits and -, as DNS does";
            report.add(object.node.place_at("metadata/name"), message, remedy);
        }
    }
}

/// The words for the parent of a path, and the place of the deepest part of the path that exists.
fn locate(node: &Node, path: &[String]) -> (String, Place) {
    let mut words = Vec::new();
    let mut place = node.place.clone();
    let mut current = node;
    for step in path {
        let entry = current.entries().iter().find(|entry| entry.key == *step);
        let next = step.parse().ok().and_then(|index: usize| current.items().get(index));
        match (entry, next) {
            (Some(entry), _) => (place, current) = (entry.place.clone(), &entry.node),
            (None, Some(item)) => (place, current) = (item.place.clone(), item),
            (None, None) => break,
        }
        words.push(step.as_str());
    }
    words.pop();
    (if words.is_empty() { "its root".to_owned() } else { words.join(".") }, place)
}
