"""Takes the encoder out of a trained model, for another run to go on from.

python3 keep_encoder.py work/slots-31.pt work/slots-encoder.pt
"""

import sys

import torch


def main() -> None:
    model, encoder = sys.argv[1:3]
    torch.save(torch.load(model).encoder.state_dict(), encoder)


if __name__ == "__main__":
    main()
