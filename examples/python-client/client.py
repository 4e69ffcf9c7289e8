"""Asks a Pilotlight endpoint for the labels of texts: client.py URL MODEL TEXT [TEXT ...]"""

import json
import sys
import urllib.error
import urllib.request


def predict(url, model, inputs, timeout=30):
    """Gives the predictions of `inputs`, in their order. Raises RuntimeError with what the endpoint said."""
    request = urllib.request.Request(
        f"{url}/models/{model}",
        data=json.dumps({"inputs": inputs}).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{error.code}: {error.read().decode()}") from error


if __name__ == "__main__":
    endpoint, name, *texts = sys.argv[1:]
    for text, scores in zip(texts, predict(endpoint, name, texts)):
        print(f"{scores[0]['label']}  {scores[0]['score']:.3f}  {text}")
