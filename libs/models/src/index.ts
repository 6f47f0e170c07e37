/** Pre-trained networks: weights in, features and heads, ONNX out. */
export type { Backbone, NetworkDescription } from './catalog/backbone.js';
export { isBackbone } from './catalog/backbone.js';
export { weightsOf } from './catalog/weights-of.js';
export { describeNetwork, findBackbone, listBackbones } from './catalog/catalog.js';
export { loadCheckpoint } from './weights/load-checkpoint.js';
export type { LoadedCheckpoint } from './weights/load-checkpoint.js';
export { resolveWeights } from './weights/resolve-weights.js';
export type { ResolveOptions } from './weights/resolve-weights.js';
export type { ResolvedWeights } from './weights/weights-cache.js';
export type { DownloadProgress, ObjectReader } from './weights/weights-source.js';
export { readCheckpoint } from './checkpoint/read-checkpoint.js';
export type { Checkpoint, CheckpointTensor, ElementType } from './checkpoint/checkpoint-tensor.js';
export { FLOAT16_MAX, fromFloat16, toFloat16 } from './checkpoint/float16.js';
export { readSafetensors, writeSafetensors } from './checkpoint/safetensors.js';
export type { Safetensors } from './checkpoint/safetensors.js';
export { buildClassifier, buildTrainedClassifier } from './onnx/build-classifier.js';
export { buildEmbedder } from './onnx/build-embedder.js';
export type { BackboneSource, BuiltEmbedder, EmbedderSource } from './onnx/build-embedder.js';
export { joinHead } from './onnx/join-head.js';
export type { Head } from './onnx/join-head.js';
export { joinTail, LABELS_KEY, PREPROCESSING_KEY } from './onnx/join-tail.js';
export type { JoinOptions, Tail } from './onnx/join-tail.js';
export { adaptOnnx } from './onnx/foreign/adapt-onnx.js';
export type { AdaptedOnnx, AdaptOptions } from './onnx/foreign/adapt-onnx.js';
export { encodeOnnx, readOnnxMetadata } from './onnx/onnx-model.js';
export type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx/onnx-model.js';
export type { Runtime, RuntimeSignature, TensorSignature } from './runtime/runtime.js';
export { loadOnnxModel, onnxruntimeVersion } from './runtime/onnxruntime.js';
export type { OnnxOptions } from './runtime/onnxruntime.js';
export { loadTfjsModel } from './runtime/tfjs.js';
export { DEFAULT_BATCH_SIZE, outputNamed, runImages } from './runtime/run-images.js';
export type { ImageBatch, RunImagesOptions } from './runtime/run-images.js';
export { IMAGENET_LABELS } from './catalog/imagenet-labels.js';
export { findArchitecture } from './architectures/find-architecture.js';
export type { Architecture } from './architectures/architecture.js';
export { customEfficientNet, scaleCost } from './architectures/efficientnet/custom.js';
export type { CustomScale, ScaleCost } from './architectures/efficientnet/custom.js';
export { compoundScale, PUBLISHED_SCALES, scalingWarnings } from './architectures/efficientnet/compound-scaling.js';
export type { CompoundScale } from './architectures/efficientnet/compound-scaling.js';
export { graphOf } from './architectures/graph-of.js';
export type { InputSize } from './architectures/graph-of.js';
export { loadNetwork } from './network/load-network.js';
export type { Network } from './network/load-network.js';
export { readTrainedWeights, TRAINED_SCHEMA, writeTrainedWeights } from './network/trained-weights.js';
export { untrainedCheckpoint } from './network/untrained-checkpoint.js';
export { measureSpeed } from './runtime/measure-speed.js';
export type { Speed } from './runtime/measure-speed.js';
export { inferShapes, shapeOf } from './graph/infer-shapes.js';
export type { CheckpointNaming } from './naming/checkpoint-naming.js';
export { saveWeights } from './naming/save-weights.js';
export { inputLength, MAX_INPUT_PIXELS, preprocessImage, preprocessInto } from './preprocess/preprocess-image.js';
export { fineTune } from './fine-tuning/fine-tune.js';
export { availablePrecision } from './fine-tuning/precision.js';
export type {
  EpochReport,
  FineTuned,
  FineTuning,
  Precision,
  StepReport,
  TrainingCheckpoint,
} from './fine-tuning/fine-tuning.js';
export { activationExamples } from './fine-tuning/activation-examples.js';
export type { ActivationFile } from './fine-tuning/activation-examples.js';
export type { Examples } from './fine-tuning/examples.js';
export { imageExamples } from './fine-tuning/image-examples.js';
export type { ImageExamplesOptions, ImageFile } from './fine-tuning/image-examples.js';
export {
  startWeights,
  TEACHER_WEIGHT,
  teacherNetwork,
  trainedNetwork,
  wholeTrainedNetwork,
} from './fine-tuning/trained-network.js';
export type { TrainedNetwork } from './fine-tuning/trained-network.js';
export { describeDevice } from './tensorflow/device.js';
export type { Device, DeviceLibrary } from './tensorflow/device.js';
export { loadTensorFlow } from './tensorflow/load-tensorflow.js';
export type { LoadedTensorFlow, TensorFlow } from './tensorflow/load-tensorflow.js';
export { planRecovery } from './strategy/plan-recovery.js';
export { planTraining } from './strategy/plan-training.js';
export type { PlanRequest } from './strategy/plan-training.js';
export { measureEvidence, measureFamiliarity } from './strategy/measure-evidence.js';
export type { EvidenceRequest } from './strategy/measure-evidence.js';
export type { Evidence } from './strategy/evidence.js';
export type { DatasetSummary } from './strategy/dataset-summary.js';
export { spreadSample } from './strategy/spread-sample.js';
export { isFamiliar } from './strategy/choose-strategy.js';
export { separability } from './strategy/separability.js';
export { buildCandidate } from './select/build-candidate.js';
export type { BuiltCandidate } from './select/build-candidate.js';
export { crossValidatedProbe } from './select/cross-validated-probe.js';
export type { CrossValidatedProbe, CrossValidation } from './select/cross-validated-probe.js';
export { quantizeModel } from './quantize/quantize-model.js';
export type { QuantizedModel, QuantizeModelOptions } from './quantize/quantize-model.js';
export type { InputBatch } from './quantize/calibrate.js';
export type { WeightBits } from './quantize/affine.js';
export { decodeOnnx } from './onnx/onnx-model.js';
export { pruneNetwork } from './prune/prune-network.js';
export { leastMacsShare } from './prune/plan-pruning.js';
export { featureImportance } from './prune/feature-importance.js';
