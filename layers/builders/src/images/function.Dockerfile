# The predict function as a container image, for models that do not fit into layers and for SnapStart. Its build context
# is made by layers/builders/src/images/function-context.ts: the bundle in function/, what layers would bring in opt/.
# By its date, because AWS moves the tag 24. A copy in a registry of your own can be given by its digest.
ARG LAMBDA_IMAGE=public.ecr.aws/lambda/nodejs:24.2026.09.24.14
FROM ${LAMBDA_IMAGE}
# Without it Lambda refuses to take snapshots of a Node.js function.
LABEL com.amazonaws.lambda.feature.snapstart="Allow"
COPY opt/ /opt/
COPY function/ ${LAMBDA_TASK_ROOT}/
CMD ["index.handler"]
