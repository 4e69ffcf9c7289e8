export const HELP = `The Lambda layers: ONNX Runtime and tokenizers for one architecture, and the models; and the
image of the GPU container.

Usage: npm run layers -- build|image|plan [OPTIONS]

  build  write the layers, and print their sizes
  image  write the build context of the GPU container's image
  plan   say where each model is put and why, and write nothing

  --arch ARCH       arm64 (default) or x64
  --models LIST     models, with or without a version: sentiment,intent@1.0.0
                    (default: those of the catalog; image: those of its tier gpu)
  --prefer PLACE    layer, s3 or image, for all models (default: layers, and S3 for the rest)
  --packages DIR    folder of packages (default: model-assets/packages)
  --catalog FILE    what is deployed, and in which tier (default: model-assets/catalog.json)
  --output DIR      where build and image write (default: dist/layers)
  --json            the result as JSON
  -h, --help        print this text

A MB has 1,000,000 bytes. The function is counted with the 2 MB that its bundle may have.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

Examples:
  npm run layers -- plan
  npm run layers -- build --arch x64 --models sentiment,intent
  npm run layers -- image --models sentiment
  npm run --silent layers -- build --json > layers.json`;
