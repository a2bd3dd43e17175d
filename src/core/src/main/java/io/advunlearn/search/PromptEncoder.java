package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.DeviceLane;
import java.util.Arrays;
import java.util.List;

/** Last hidden states of many prompts, in pieces small enough to let serving work through. */
public final class PromptEncoder {

    /** The most tokens of a call, about 128 full prompts. On a processor it is fewer. */
    public static final int CHUNK_TOKENS = 10_000;
    /** On a processor, which is busy with a few prompts, and would keep requests waiting for more. */
    private static final int CPU_CHUNK_TOKENS = 1_300;

    private final ClipTokenizer tokenizer;
    private final ClipTextModel encoder;
    private final DeviceLane lane;

    public PromptEncoder(ClipTokenizer tokenizer, ClipTextModel encoder, DeviceLane lane) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.lane = lane;
    }

    /** The network. */
    public ClipTextModel encoder() {
        return encoder;
    }

    /** @return [prompts, N, D], owned by {@code manager} */
    public NDArray encode(NDManager manager, List<String> prompts) {
        return encode(manager, tokenizer.encodeAll(prompts));
    }

    /** @param ids [B][N], N up to the encoder's window; @return [B, N, D], owned by {@code manager} */
    public NDArray encode(NDManager manager, int[][] ids) {
        NDList chunks = new NDList();
        int rows = Math.max(1, (manager.getDevice().isGpu() ? CHUNK_TOKENS : CPU_CHUNK_TOKENS) / ids[0].length);
        for (int from = 0; from < ids.length; from += rows) {
            int[][] chunk = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + rows));
            chunks.add(lane.callNoGrad(DeviceLane.Priority.BACKGROUND, () -> encodeChunk(manager, chunk)));
        }
        if (chunks.size() == 1) {
            return chunks.get(0);
        }
        NDArray all = NDArrays.concat(chunks);
        chunks.close();
        return all;
    }

    private NDArray encodeChunk(NDManager manager, int[][] ids) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray states = encoder.encode(scratch, ids);
            states.attach(manager);
            return states;
        }
    }
}
