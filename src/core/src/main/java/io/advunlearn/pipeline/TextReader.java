package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.AddedConditions;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;

/** Reads prompts with a pipeline's text encoder, or with both where the family has two, as diffusers' pipelines do. Not on the device lane. */
final class TextReader {

    private final ClipTokenizer tokenizer;
    private final ClipTextModel encoder;
    private final SecondEncoder second;
    private final ClipTextModelWithProjection secondModel;
    private final int pixels;
    private final Device device;

    /** @param secondModel {@code null} in families with one encoder; @param pixels height and width of the picture to draw */
    TextReader(PipelineComponents components, ClipTextModel encoder, ClipTextModelWithProjection secondModel, int pixels) {
        this.tokenizer = components.tokenizer();
        this.encoder = encoder;
        this.second = components.secondEncoder();
        this.secondModel = secondModel;
        this.pixels = pixels;
        device = components.textEncoderDevice();
    }

    /** With the encoders that came with the model. */
    static TextReader base(PipelineComponents components) {
        return new TextReader(components, components.baseEncoder(), components.secondEncoder() == null ? null : components.secondEncoder().model(),
                components.imageSize());
    }

    /** @return one row, owned by {@code manager} and on its device, wherever the encoders are */
    Conditioning read(NDManager manager, String prompt) {
        return device.equals(manager.getDevice()) ? readHere(manager, prompt) : readThere(manager, prompt);
    }

    /** Reads on the encoders' device and copies the result. */
    Conditioning readThere(NDManager manager, String prompt) {
        try (NDManager there = manager.newSubManager(device)) {
            return readHere(there, prompt).map(array -> {
                NDArray moved = array.toDevice(manager.getDevice(), true);
                moved.attach(manager);
                return moved;
            });
        }
    }

    private Conditioning readHere(NDManager manager, String prompt) {
        int[][] ids = {tokenizer.encode(prompt).ids()};
        if (second == null) {
            return Conditioning.of(encoder.encode(manager, ids));
        }
        try (Scope scope = new Scope()) {
            NDArray first = encoder.forward(Tensors.of(manager, ids)).penultimate();
            ClipTextModelWithProjection.Output output = secondModel.forward(Tensors.of(manager, new int[][] {second.tokenizer().encode(prompt).ids()}));
            NDArray both = scope.keep(first.concat(output.penultimate(), 2));
            return new Conditioning(both, new AddedConditions(scope.keep(output.textEmbeds()), scope.keep(timeIds(manager))));
        }
    }

    /** As {@link #read}, for the branch that is steered away from: SDXL reads an empty one as zeros. */
    Conditioning readNegative(NDManager manager, String prompt) {
        Conditioning read = read(manager, prompt);
        if (second == null || !prompt.isBlank() || !second.zerosForEmptyPrompt()) {
            return read;
        }
        return new Conditioning(read.hiddenStates().zerosLike(), new AddedConditions(read.added().textEmbeds().zerosLike(), read.added().timeIds()));
    }

    /** A whole picture of the size to draw, not cropped. */
    private NDArray timeIds(NDManager manager) {
        return Tensors.of(manager, new float[] {pixels, pixels, 0, 0, pixels, pixels}, new Shape(1, AddedConditions.TIME_IDS));
    }
}
