//! The two guides are one guide, and it has every section of the reference guide.

use super::markdown::{Heading, page};
use super::{GUIDE, GUIDE_FR};

/// The headings of the reference guide, in its order, as level and text.
const REFERENCE: &[(usize, &str)] = &[
    (1, "Guide de Déploiement Complet"),
    (2, "Table des matières"),
    (2, "MLflow Tracking Server"),
    (3, "Démarrage local"),
    (3, "Configuration"),
    (3, "Production"),
    (2, "Build et Push Docker"),
    (3, "Build local"),
    (3, "Avec script (Linux/Mac)"),
    (3, "Avec script (Windows)"),
    (3, "Push vers Azure Container Registry"),
    (2, "Déploiement Kubernetes"),
    (3, "Prérequis"),
    (3, "Déploiement étape par étape"),
    (3, "Mise à jour"),
    (3, "Rollback"),
    (2, "Pipeline CI/CD"),
    (3, "Configuration Azure DevOps"),
    (3, "Étapes du pipeline"),
    (3, "Déclenchement"),
    (2, "Intégration .NET"),
    (3, "Configuration Production"),
    (3, "Retry Policy et Circuit Breaker"),
    (3, "Variables d'environnement"),
    (2, "Entraînement et Promotion de Modèle"),
    (3, "Entraînement avec MLflow"),
    (3, "Promotion vers Production"),
    (3, "Via MLflow UI"),
    (2, "Monitoring"),
    (3, "Health Checks"),
    (3, "Logs"),
    (3, "Métriques"),
    (2, "Troubleshooting"),
    (3, "Le modèle ne charge pas"),
    (3, "Erreur de connexion au service ML"),
    (3, "Circuit Breaker ouvert"),
];

/// Parts of commands of the reference guide that must be found in ours, whatever the folders are called.
const COMMANDS: &[&str] = &[
    "docker-compose up -d",
    "docker build ",
    "build.sh 1.0.0",
    "build.ps1 -Version \"1.0.0\"",
    "az login",
    "az acr login --name luxuryhouse",
    "docker tag luxuryhouse/forecast-service:1.0.0 luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.0",
    "docker push luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.0",
    "kubectl create secret docker-registry acr-secret --docker-server=luxuryhouse.azurecr.io",
    "namespace.yaml",
    "secret.yaml",
    "configmap.yaml",
    "deployment.yaml",
    "service.yaml",
    "hpa.yaml",
    "ingress.yaml",
    "kubectl get pods -n ml-forecast",
    "kubectl get svc -n ml-forecast",
    "kubectl get hpa -n ml-forecast",
    "kubectl logs -f deployment/forecast-service -n ml-forecast",
    "kubectl set image deployment/forecast-service forecast-api=",
    "kubectl rollout status deployment/forecast-service -n ml-forecast",
    "kubectl rollout undo deployment/forecast-service -n ml-forecast",
    "export MLFLOW_TRACKING_URI=http://localhost:5000",
    "forecast-train ",
    "forecast-promote --run-id <run_id>",
    "forecast-promote --list",
    "docker-compose -f mlflow-server/docker-compose.yml logs -f",
    "curl http://mlflow-server:5000/health",
    "kubectl logs deployment/forecast-service -n ml-forecast",
    "kubectl describe pod <pod-name> -n ml-forecast",
    "kubectl run -it --rm debug --image=curlimages/curl --restart=Never --",
    "curl http://forecast-service.ml-forecast.svc.cluster.local/health",
];

#[test]
fn every_section_of_the_reference_is_there_in_its_order() {
    let headings = page(GUIDE_FR).headings;
    let mut ours = headings.iter();
    for (level, text) in REFERENCE {
        let wanted = Heading { level: *level, text: (*text).to_owned() };
        assert!(ours.any(|heading| *heading == wanted), "{GUIDE_FR} has no {text:?} at its place");
    }
}

#[test]
fn every_command_of_the_reference_is_there_in_its_order() {
    let commands: Vec<String> =
        page(GUIDE).blocks.iter().flat_map(super::markdown::Block::commands).collect();
    let mut left = commands.iter().peekable();
    for wanted in COMMANDS {
        // Two of them may stand in one command.
        while left.peek().is_some_and(|command| !command.contains(wanted)) {
            left.next();
        }
        assert!(left.peek().is_some(), "{GUIDE} does not say {wanted:?} at its place");
    }
}

#[test]
fn both_guides_have_the_same_headings() {
    let levels = |path| page(path).headings.iter().map(|heading| heading.level).collect::<Vec<_>>();
    assert_eq!(levels(GUIDE), levels(GUIDE_FR), "left: {GUIDE}, right: {GUIDE_FR}");
}

#[test]
fn both_guides_have_the_same_blocks() {
    let (english, french) = (page(GUIDE).blocks, page(GUIDE_FR).blocks);
    for (english, french) in english.iter().zip(&french) {
        assert_eq!(
            (&english.language, &english.step, &english.text),
            (&french.language, &french.step, &french.text),
            "{GUIDE}:{} and {GUIDE_FR}:{}",
            english.line,
            french.line
        );
    }
    assert_eq!(english.len(), french.len());
}

#[test]
fn both_guides_name_the_same_things() {
    // Values that are the same in every language: paths, variables, commands, labels.
    let names = |path| {
        let mut names: Vec<String> = page(path).spans.into_iter().map(|(_, span)| span).collect();
        names.retain(|span| {
            span.contains(['/', '_', '-', '=']) && !span.contains("OTHER") && !span.contains("AUTRE")
        });
        names.sort();
        names
    };
    assert_eq!(names(GUIDE), names(GUIDE_FR), "left: {GUIDE}, right: {GUIDE_FR}");
}

#[test]
fn every_shell_block_has_a_name_of_its_own() {
    let mut names = Vec::new();
    for block in page(GUIDE).blocks {
        if block.is_shell() || block.language == "yaml" {
            let Some(step) = block.step else {
                panic!("{GUIDE}:{}: write `<!-- step: NAME -->` on the line above the block", block.line)
            };
            assert!(!names.contains(&step), "{GUIDE}:{}: another step is called {step}", block.line);
            names.push(step);
        }
    }
    assert!(names.len() > 20, "{names:?}");
}
