package io.advunlearn.evaluation;

/** Features by a network in ONNX form, for example Inception's pooled layer. @param name in reports @param network gives the features flat */
record OnnxFeatures(String name, OnnxNetwork network) implements FeatureExtractor {

    @Override
    public float[][] features(Pictures pictures) {
        return pictures.images().stream().map(image -> network.forward(image).values()).toArray(float[][]::new);
    }

    @Override
    public void close() {
        network.close();
    }
}
