package io.advunlearn.checkpoint;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What a checkpoint's path does not say.
 *
 * @param variant which weights of a folder to read ({@code fp16}), {@code null} for the plain ones, or the fp16 ones where there are no plain ones
 * @param tokenizer for a single file: a folder with CLIP's {@code vocab.json} and {@code merges.txt}, or with such a folder named
 *     {@code tokenizer}; {@code null} for the one beside the file
 * @param dtype what it computes in
 * @param vaeTiling when pictures are decoded in tiles
 * @param textEncoderDevice where the text encoders live, {@code cpu}, {@code gpu} or {@code gpu<index>}; {@code null} for the pipeline's device
 */
public record CheckpointOptions(String variant, Path tokenizer, Dtype dtype, VaeTiling vaeTiling, String textEncoderDevice) {

    /** The plain files, and what lies beside, in fp32 on one device. */
    public static final CheckpointOptions NONE = new CheckpointOptions(null, null);

    public CheckpointOptions {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(vaeTiling, "vaeTiling");
    }

    /** In fp32 on one device, with tiles for large pictures. */
    public CheckpointOptions(String variant, Path tokenizer) {
        this(variant, tokenizer, Dtype.FLOAT32, VaeTiling.AUTO, null);
    }

    public CheckpointOptions with(Dtype other) {
        return new CheckpointOptions(variant, tokenizer, other, vaeTiling, textEncoderDevice);
    }

    public CheckpointOptions with(VaeTiling other) {
        return new CheckpointOptions(variant, tokenizer, dtype, other, textEncoderDevice);
    }
}
