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
import java.nio.IntBuffer;

/** Reads prompts with a pipeline's text encoder, or with both where the family has two, as diffusers' pipelines do. Not on the device lane. */
final class TextReader {

    private final ClipTokenizer tokenizer;
    private final SecondEncoder second;
    private final Encoders encoders;
    private final ImageSize size;
    private final EmbeddingCache cache;
    private final Device device;

    /**
     * The networks that read.
     *
     * @param digest of the first one's weights
     * @param second {@code null} in families with one encoder
     * @param secondDigest of its weights, empty without it
     */
    record Encoders(ClipTextModel first, String digest, ClipTextModelWithProjection second, String secondDigest) {

        /** Those that came with the model. */
        static Encoders base(PipelineComponents components) {
            SecondEncoder second = components.secondEncoder();
            return new Encoders(components.baseEncoder(), components.baseDigest(), second == null ? null : second.model(), second == null ? "" : second.digest());
        }
    }

    /**
     * A prompt in tokens.
     *
     * @param secondIds {@code null} in families with one encoder
     * @param cut the part that does not fit the window, {@code ""} if all fits
     */
    record Prompt(int[] ids, int[] secondIds, String cut, boolean blank) { }

    /** @param size of the images to draw */
    TextReader(PipelineComponents components, Encoders encoders, ImageSize size, EmbeddingCache cache) {
        this.tokenizer = components.tokenizer();
        this.second = components.secondEncoder();
        this.encoders = encoders;
        this.size = size;
        this.cache = cache;
        device = components.textEncoderDevice();
    }

    /** Needs no device. */
    Prompt tokens(String prompt) {
        ClipTokenizer.Encoding encoding = tokenizer.encode(prompt);
        return new Prompt(encoding.ids(), second == null ? null : second.tokenizer().encode(prompt).ids(), encoding.cut(), prompt.isBlank());
    }

    /** @return one row, owned by {@code manager} and on its device, wherever the encoders are */
    Conditioning read(NDManager manager, Prompt prompt) {
        EmbeddingCache.Key key = new EmbeddingCache.Key(encoders.digest, encoders.secondDigest, IntBuffer.wrap(prompt.ids),
                prompt.secondIds == null ? null : IntBuffer.wrap(prompt.secondIds));
        EmbeddingCache.Embeddings read = cache.get(manager, key, () -> device.equals(manager.getDevice()) ? encode(manager, prompt) : encodeThere(manager, prompt));
        return conditioning(manager, read.hiddenStates(), read.textEmbeds());
    }

    /** Reads on the encoders' device and copies the result. */
    EmbeddingCache.Embeddings encodeThere(NDManager manager, Prompt prompt) {
        try (NDManager there = manager.newSubManager(device)) {
            EmbeddingCache.Embeddings read = encode(there, prompt);
            return new EmbeddingCache.Embeddings(moved(read.hiddenStates(), manager), read.textEmbeds() == null ? null : moved(read.textEmbeds(), manager));
        }
    }

    private static NDArray moved(NDArray array, NDManager manager) {
        NDArray moved = array.toDevice(manager.getDevice(), true);
        moved.attach(manager);
        return moved;
    }

    /** As {@link #read}, for the branch that is steered away from: SDXL reads an empty one as zeros. */
    Conditioning readNegative(NDManager manager, Prompt prompt) {
        Conditioning read = read(manager, prompt);
        if (second == null || !prompt.blank || !second.zerosForEmptyPrompt()) {
            return read;
        }
        return new Conditioning(read.hiddenStates().zerosLike(), new AddedConditions(read.added().textEmbeds().zerosLike(), read.added().timeIds()));
    }

    EmbeddingCache.Embeddings encode(NDManager manager, Prompt prompt) {
        int[][] ids = {prompt.ids};
        if (second == null) {
            return new EmbeddingCache.Embeddings(encoders.first.encode(manager, ids), null);
        }
        try (Scope scope = new Scope()) {
            NDArray first = encoders.first.forward(Tensors.of(manager, ids)).penultimate();
            ClipTextModelWithProjection.Output output = encoders.second.forward(Tensors.of(manager, new int[][] {prompt.secondIds}));
            return new EmbeddingCache.Embeddings(scope.keep(first.concat(output.penultimate(), 2)), scope.keep(output.textEmbeds()));
        }
    }

    private Conditioning conditioning(NDManager manager, NDArray hiddenStates, NDArray textEmbeds) {
        return textEmbeds == null ? Conditioning.of(hiddenStates) : new Conditioning(hiddenStates, new AddedConditions(textEmbeds, timeIds(manager)));
    }

    /** A whole picture of the size to draw, not cropped. */
    private NDArray timeIds(NDManager manager) {
        float height = size.height();
        float width = size.width();
        return Tensors.of(manager, new float[] {height, width, 0, 0, height, width}, new Shape(1, AddedConditions.TIME_IDS));
    }
}
