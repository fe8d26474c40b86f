// Checks receipts with @sigstore/verify: the signature of each one's checkpoint, and that its entry is in the tree; and that a changed
// entry, a changed hash and a changed checkpoint are refused. It reads no tiles and knows nothing of this project.
//
// Usage: node sigstore.mjs NODE_MODULES VKEY RECEIPTS_DIR
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, vkey, receipts] = process.argv.slice(2);
const require = createRequire(join(modules, "referee.js"));
// What verifies is not among the package's entrances: its functions are taken from its files.
const { verifyCheckpoint } = require(join(modules, "@sigstore/verify/dist/tlog/checkpoint.js"));
const { verifyMerkleInclusion } = require(join(modules, "@sigstore/verify/dist/tlog/merkle.js"));

// An Ed25519 verifier key of a signed note: name+id+base64(0x01, key).
const [name, , ...rest] = readFileSync(vkey, "utf8").split("\n")[0].split("+");
const key = Buffer.from(rest.join("+"), "base64");
const publicKey = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.subarray(1)]), format: "der", type: "spki" });
const logID = createHash("sha256").update(Buffer.concat([Buffer.from(`${name}\n`), key])).digest();
const logs = [{ logID, baseURL: name, publicKey }];

function accepts({ entry, index, proof, checkpoint }) {
  const inclusionProof = { logIndex: String(index), hashes: proof, checkpoint: { envelope: checkpoint } };
  const claim = { canonicalizedBody: entry, inclusionProof };
  try {
    verifyMerkleInclusion(claim, verifyCheckpoint(claim, logs));
    return true;
  } catch {
    return false;
  }
}

const flipped = (bytes) => Buffer.from(bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)));
let [accepted, refused] = [0, 0];
for (const file of readdirSync(receipts).filter((file) => file.endsWith(".json"))) {
  const receipt = JSON.parse(readFileSync(join(receipts, file), "utf8"));
  if (typeof receipt.entry !== "string" || receipt.proof === undefined) continue;
  const good = { ...receipt, entry: Buffer.from(receipt.entry), proof: receipt.proof.map((hash) => Buffer.from(hash, "base64")) };
  const lines = good.checkpoint.split("\n");
  const bad = [
    { ...good, entry: flipped(good.entry) },
    { ...good, checkpoint: [lines[0], String(Number(lines[1]) + 1), ...lines.slice(2)].join("\n") },
    ...good.proof.map((_, at) => ({ ...good, proof: good.proof.map((hash, place) => (place === at ? flipped(hash) : hash)) })),
  ];
  if (!accepts(good)) throw new Error(`REFUSED: ${file}`);
  const wrongly = bad.findIndex(accepts);
  if (wrongly >= 0) throw new Error(`${file}: tampered copy ${wrongly} is accepted`);
  accepted += 1;
  refused += bad.length;
}
if (accepted === 0) throw new Error("no receipt was checked");
console.log(`ok  @sigstore/verify: ${accepted} receipts; ${refused} tampered copies refused`);
