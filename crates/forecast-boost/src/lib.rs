//! Histogram gradient boosting of trees (place held; see its issue).
