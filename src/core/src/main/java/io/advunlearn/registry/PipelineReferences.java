package io.advunlearn.registry;

import io.advunlearn.pipeline.ComponentLoader;
import io.advunlearn.pipeline.EncoderLoader;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.SecondEncoderLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Runs an encoder in a pipeline whose text encoder has its architecture, with that pipeline's tokenizer, in fp32. */
public final class PipelineReferences implements ReferenceRun {

    /** What is recorded for every encoder that is registered where it can run. */
    public static final String PROMPT = "a photograph of an astronaut riding a horse";

    private final Supplier<Stream<PipelineComponents>> loaded;

    /** @param loaded the pipelines that are loaded now */
    public PipelineReferences(Supplier<Stream<PipelineComponents>> loaded) {
        this.loaded = loaded;
    }

    /** Of one pipeline. */
    public static PipelineReferences of(PipelineComponents components) {
        return new PipelineReferences(() -> Stream.of(components));
    }

    @Override
    public Optional<Output> of(Path folder, EncoderKind kind) {
        List<? extends ComponentLoader<?>> fitting = loaded.get().flatMap(components -> loader(components, kind).stream())
                .filter(loader -> loader.fits(folder)).toList();
        return fitting.stream().findFirst().map(loader -> new Output(PROMPT, loader.referenceOutput(folder, PROMPT)));
    }

    private static Optional<? extends ComponentLoader<?>> loader(PipelineComponents components, EncoderKind kind) {
        return kind == EncoderKind.CLIP_TEXT_MODEL ? Optional.of(EncoderLoader.of(components)) : SecondEncoderLoader.of(components);
    }
}
