package io.advunlearn.registry;

import java.nio.file.Path;
import java.util.Optional;

/** Computes what an encoder makes of a reference prompt while it is being registered: every later load must give it again. */
@FunctionalInterface
public interface ReferenceRun {

    /** Nothing is recorded. */
    ReferenceRun NONE = (folder, kind) -> Optional.empty();

    /**
     * @param folder {@code config.json} and {@code model.safetensors}, the registry's own copy
     * @return empty where no pipeline has such an encoder's architecture
     * @throws io.advunlearn.pipeline.SwapException if the network cannot be run
     */
    Optional<Output> of(Path folder, EncoderKind kind);

    /**
     * What goes into the manifest.
     *
     * @param prompt the reference prompt
     * @param values as {@link EncoderManifest#referenceOutput()}
     */
    record Output(String prompt, float[] values) { }
}
