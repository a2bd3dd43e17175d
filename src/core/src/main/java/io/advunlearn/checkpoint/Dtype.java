package io.advunlearn.checkpoint;

import ai.djl.ndarray.types.DataType;

/**
 * What a pipeline computes in: {@code torch_dtype} of diffusers' {@code from_pretrained}. Noise schedules, latents, guidance and digests do not
 * depend on it.
 */
public enum Dtype {

    /** On every device; files in half precision are widened. */
    FLOAT32(DataType.FLOAT32),

    /** On GPUs, in half the memory; files in other formats are narrowed while they are read. */
    FLOAT16(DataType.FLOAT16);

    private final DataType dataType;

    Dtype(DataType dataType) {
        this.dataType = dataType;
    }

    public DataType dataType() {
        return dataType;
    }

    /**
     * @param setting what messages call it
     * @param word {@code float32} or {@code float16}
     * @throws IllegalArgumentException naming what is accepted
     */
    public static Dtype of(String setting, String word) {
        return Words.parse(setting, word, values());
    }
}
