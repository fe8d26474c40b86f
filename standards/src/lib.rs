//! The contract between the three governments: codes, items, regions, cases, ledger entries and the texts of every problem.
