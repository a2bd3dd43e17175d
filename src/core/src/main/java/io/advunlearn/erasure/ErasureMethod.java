package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;

/** Turns a pipeline and a concept into a candidate encoder. */
public interface ErasureMethod {

    /** The name by which requests choose it, for example {@code advunlearn}. */
    String name();

    /** Names of its sets of defaults; the first is the one that a request gets which names none. */
    List<String> profiles();

    /** Whether it starts from any encoder, erases several concepts in one run and takes a list of retained prompts. */
    default boolean stacks() {
        return false;
    }

    /**
     * The profile's settings with the request's overrides, checked.
     *
     * @throws IllegalArgumentException naming the field and what is accepted
     */
    MethodSettings resolve(ErasureRequest request);

    /**
     * Refuses at once, before anything is computed, what {@link #run} could not do on this pipeline.
     *
     * @throws IllegalArgumentException one sentence that names the field and what is accepted
     */
    default void check(PipelineComponents components, ErasureRequest request) {
        resolve(request);
    }

    /**
     * Trains a candidate on the pipeline's device; every micro-step goes through the device lane behind serving work.
     *
     * @param components the frozen pipeline; nothing of it is changed
     * @param request what to erase and how
     * @param workDirectory where checkpoints are written; if it holds one of the same request, training resumes from it
     * @return where the candidate was written and what it cost
     * @throws IllegalArgumentException what {@link #check} refuses
     * @throws java.util.concurrent.CancellationException after a cancel, with a checkpoint left behind
     */
    ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation);
}
