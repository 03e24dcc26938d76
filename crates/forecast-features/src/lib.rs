//! Sales tables to checked panels, and one feature plan for training and serving.
