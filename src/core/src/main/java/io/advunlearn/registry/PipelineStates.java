package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code pipelines/<name>/<generation>.json}: numbered states that are only ever added. */
final class PipelineStates {

    private final Path root;
    private final NumberedFiles files;

    PipelineStates(Path root, Duration leftoverAge) {
        this.root = root;
        files = new NumberedFiles(leftoverAge);
    }

    /** Pipelines that have a directory, sorted. */
    List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(RegistryNames::isId).sorted().toList();
        }
    }

    Optional<PipelineState> newest(String pipeline) throws IOException {
        List<Long> generations = generations(pipeline);
        return generations.isEmpty() ? Optional.empty() : Optional.of(read(pipeline, generations.get(generations.size() - 1)));
    }

    List<PipelineState> history(String pipeline) throws IOException {
        List<PipelineState> states = new ArrayList<>();
        for (long generation : generations(pipeline)) {
            states.add(read(pipeline, generation));
        }
        return states;
    }

    /** @throws ConflictException if the state's generation exists */
    void add(PipelineState state) throws IOException {
        files.add(directory(state.pipeline()), state.generation(), RegistryJson.pretty(state), "pipeline '" + state.pipeline() + "'");
    }

    private Path directory(String pipeline) {
        return root.resolve(RegistryNames.requireId("pipeline", pipeline));
    }

    private List<Long> generations(String pipeline) throws IOException {
        return files.numbers(directory(pipeline));
    }

    private PipelineState read(String pipeline, long generation) throws IOException {
        String what = "generation " + generation + " of pipeline '" + pipeline + "'";
        PipelineState state = RegistryJson.read(files.read(directory(pipeline), generation), PipelineState.class, what,
                PipelineState.TEXT_ENCODER_2, PipelineState.PREVIOUS_TEXT_ENCODER_2);
        boolean valid = pipeline.equals(state.pipeline()) && state.generation() == generation && RegistryNames.isId(state.encoder())
                && Stream.of(state.textEncoder2(), state.previous(), state.previousTextEncoder2()).allMatch(id -> id == null || RegistryNames.isId(id))
                && state.requiredErasures() != null
                && state.requiredErasures().stream().noneMatch(concept -> concept == null || concept.isBlank()) && state.changedAt() != null;
        if (!valid) {
            throw new RegistryException(what + " is not a pipeline state: its pipeline, generation, encoders or requiredErasures are wrong");
        }
        return state;
    }
}
