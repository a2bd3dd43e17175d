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
        files.add(directory(state.pipeline()), state.generation(), state.json(), "pipeline '" + state.pipeline() + "'");
    }

    private Path directory(String pipeline) {
        return root.resolve(RegistryNames.requireId("pipeline", pipeline));
    }

    private List<Long> generations(String pipeline) throws IOException {
        return files.numbers(directory(pipeline));
    }

    private PipelineState read(String pipeline, long generation) throws IOException {
        return PipelineState.read(files.read(directory(pipeline), generation), pipeline, generation);
    }
}
