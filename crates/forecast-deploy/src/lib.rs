//! Deployment tooling: the promotion policy and the checks of what is deployed.
