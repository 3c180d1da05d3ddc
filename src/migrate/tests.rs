//! Tests of the whole way: a repository → what is written for it.
