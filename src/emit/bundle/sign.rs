//! Files and a key → `.signatures.json`, which OPA verifies with the other half of the key.

use super::{File, hexadecimal};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key that bundles are signed with.
pub struct SigningKey {
    algorithm: Algorithm,
    key: EncodingKey,
}

/// Why a file is no key to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFault(String);

impl std::fmt::Display for KeyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shortest secret that is as hard to guess as what is made with it is to forge.
const SHORTEST_SECRET: usize = 32;

impl SigningKey {
    /// The key in a file: a private key in PEM, of RSA for RS256 or on the curve P-256 for ES256; any other text
    /// is a secret for HS256.
    pub fn parse(bytes: &[u8]) -> Result<SigningKey, KeyFault> {
        let fault = |text: &str| Err(KeyFault(text.to_owned()));
        if let Some(label) = pem_label(bytes) {
            if !label.ends_with("PRIVATE KEY") || label.starts_with("ENCRYPTED") {
                return Err(KeyFault(format!(
                    "it holds a {label}; a PRIVATE KEY that is not encrypted is needed"
                )));
            }
            let candidates = [
                (Algorithm::RS256, EncodingKey::from_rsa_pem(bytes)),
                (Algorithm::ES256, EncodingKey::from_ec_pem(bytes)),
            ];
            let fitting = candidates.into_iter().find_map(|(algorithm, key)| {
                let key = SigningKey {
                    algorithm,
                    key: key.ok()?,
                };
                // A key of another curve is only found out when it is used.
                key.sign(&json!({})).ok().map(|_| key)
            });
            return match fitting {
                Some(key) => Ok(key),
                None if label.starts_with("EC ") => {
                    fault("its form is not read; `openssl pkcs8 -topk8 -nocrypt` writes the one that is")
                }
                None => fault("it is neither a key of RSA nor one on the curve P-256"),
            };
        }
        let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.trim().is_empty());
        if !is_text {
            return fault("it is empty, or neither PEM nor text");
        }
        if bytes.len() < SHORTEST_SECRET {
            return Err(KeyFault(format!(
                "as a secret it is too short: {} bytes, where {SHORTEST_SECRET} are needed",
                bytes.len()
            )));
        }
        Ok(SigningKey {
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(bytes),
        })
    }

    fn sign(&self, payload: &Value) -> Result<String, Error> {
        encode(&Header::new(self.algorithm), payload, &self.key)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// What the first line of a PEM says that it holds.
fn pem_label(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    rest.split_once("-----").map(|(label, _)| label)
}

/// The text of `.signatures.json`.
pub fn signatures(files: &[File], key: &SigningKey) -> String {
    let files: Vec<Value> = files
        .iter()
        .map(|file| json!({ "name": file.path, "hash": digest(file), "algorithm": "SHA-256" }))
        .collect();
    // The key has signed once when it was read, so that it can't fail now.
    let signature = key.sign(&json!({ "files": files })).unwrap_or_default();
    format!("{:#}\n", json!({ "signatures": [signature] }))
}

/// The digest of a file as OPA computes it: of JSON that of its values in compact form, keys sorted.
fn digest(file: &File) -> String {
    let is_structured = file.path == ".manifest" || file.path.ends_with(".json");
    let canonical = serde_json::from_str(&file.text)
        .ok()
        .filter(|_| is_structured)
        .map(|value| canonical(&value));
    hexadecimal(&Sha256::digest(canonical.as_ref().unwrap_or(&file.text)))
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members = members.into_iter();
            let members =
                members.map(|(key, value)| format!("{}:{}", primitive(&json!(key)), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        primitive => self::primitive(primitive),
    }
}

/// A string or number as OPA prints it, which escapes two letters that JSON need not.
fn primitive(value: &Value) -> String {
    value
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_values_alone() {
        let check = |text: &str, expected: &str| {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical(&value), expected);
        };
        check(r#"{ "b": [1, "x"], "a": null }"#, r#"{"a":null,"b":[1,"x"]}"#);
        check("\"<\u{2028}>\"", "\"<\\u2028>\"");
    }

    #[test]
    fn what_is_no_key_is_told() {
        let fault = |text: &str| SigningKey::parse(text.as_bytes()).unwrap_err().to_string();
        insta::assert_snapshot!(fault(""), @"it is empty, or neither PEM nor text");
        insta::assert_snapshot!(fault("hunter2"), @"as a secret it is too short: 7 bytes, where 32 are needed");
        insta::assert_snapshot!(
            fault("-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"),
            @"it holds a PUBLIC KEY; a PRIVATE KEY that is not encrypted is needed"
        );
        insta::assert_snapshot!(
            fault("-----BEGIN PRIVATE KEY-----\nMFkw\n-----END PRIVATE KEY-----\n"),
            @"it is neither a key of RSA nor one on the curve P-256"
        );
        let secret = "a secret that nobody is going to guess";
        assert_eq!(
            SigningKey::parse(secret.as_bytes()).unwrap().algorithm,
            Algorithm::HS256
        );
    }
}
