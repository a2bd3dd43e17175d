package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * Prompts as token embeddings.
 *
 * @param embeds [B, N, D]
 * @param eos position of each row's end token
 */
record CleanPrompts(NDArray embeds, int[] eos) {

    /** @param encoder whose token embeddings are taken; they are never trained */
    static CleanPrompts of(List<String> prompts, ClipTokenizer tokenizer, ClipTextModel encoder, NDManager manager) {
        List<ClipTokenizer.Encoding> encodings = prompts.stream().map(tokenizer::encode).toList();
        long[] ids = encodings.stream().flatMapToInt(e -> Arrays.stream(e.ids())).asLongStream().toArray();
        try (NDManager scratch = manager.newSubManager()) {
            NDArray embeds = Autograd.noGrad(() -> encoder.embed(Tensors.of(scratch, ids, new Shape(prompts.size(), tokenizer.maxLength()))));
            embeds.attach(manager);
            return new CleanPrompts(embeds, encodings.stream().mapToInt(ClipTokenizer.Encoding::eos).toArray());
        }
    }

    /** What the encoder says to them [B, N, D]. */
    NDArray hidden(ClipTextModel encoder) {
        return encoder.forwardEmbeds(embeds, eos).lastHiddenState();
    }

    /** Some of them. @param rows by index, which may repeat */
    CleanPrompts rows(int[] rows, NDManager owner) {
        return new CleanPrompts(TrajectoryBank.rows(embeds, rows, owner), Arrays.stream(rows).map(row -> eos[row]).toArray());
    }

    /** Indices 0 to {@code count - 1}, each {@code times} times in a row. */
    static int[] each(int count, int times) {
        int[] rows = new int[count * times];
        Arrays.setAll(rows, i -> i / times);
        return rows;
    }
}
