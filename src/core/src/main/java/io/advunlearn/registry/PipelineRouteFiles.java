package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code pipelines/<name>/routes/<generation>.json}: numbered as {@link PipelineStates}. */
final class PipelineRouteFiles {

    private final Path root;
    private final NumberedFiles files;

    PipelineRouteFiles(Path root, Duration leftoverAge) {
        this.root = root;
        files = new NumberedFiles(leftoverAge);
    }

    /** Oldest first. */
    List<PipelineRoutes> history(String pipeline) throws IOException {
        List<PipelineRoutes> all = new ArrayList<>();
        for (long generation : files.numbers(directory(pipeline))) {
            all.add(read(pipeline, generation));
        }
        return all;
    }

    Optional<PipelineRoutes> newest(String pipeline) throws IOException {
        List<Long> generations = files.numbers(directory(pipeline));
        return generations.isEmpty() ? Optional.empty() : Optional.of(read(pipeline, generations.get(generations.size() - 1)));
    }

    /** @throws ConflictException if the generation exists */
    void add(PipelineRoutes routes) throws IOException {
        Path directory = directory(routes.pipeline());
        DurableFiles.directory(directory.getParent());
        files.add(directory, routes.generation(), routes.json(), "the routes of pipeline '" + routes.pipeline() + "'");
    }

    private Path directory(String pipeline) {
        return root.resolve(RegistryNames.requireId("pipeline", pipeline)).resolve("routes");
    }

    private PipelineRoutes read(String pipeline, long generation) throws IOException {
        return PipelineRoutes.read(files.read(directory(pipeline), generation), pipeline, generation);
    }
}
