"""The service that many write themselves: FastAPI around onnxruntime, each request on a thread of its own."""

import sys
from typing import List, Union

import uvicorn
from fastapi import FastAPI
from onnxruntime_embedder import load
from pydantic import BaseModel

folder, port, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
embed = load(folder, threads)
app = FastAPI()


class Request(BaseModel):
    inputs: Union[str, List[str]]


@app.post("/embed")
def embed_texts(request: Request):
    texts = [request.inputs] if isinstance(request.inputs, str) else request.inputs
    return [vector.tolist() for vector in embed(texts)]


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
