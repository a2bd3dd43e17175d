package io.advunlearn.quarkus.test;

import io.quarkus.runtime.util.ClassPathUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The bundled model, which travels in the same archive as these classes. */
final class BundledModel {

    private static final String RESOURCE = "io/advunlearn/quarkus/test/emoji-sd";

    private BundledModel() {
    }

    /** @return {@code target}, which is created */
    static Path unpack(Path target) throws IOException {
        ClassPathUtils.consumeAsPaths(BundledModel.class.getClassLoader(), RESOURCE, source -> copy(source, target));
        if (!Files.isRegularFile(target.resolve("model_index.json"))) {
            throw new IllegalStateException(RESOURCE + " is not on the class path: depend on quarkus-advunlearn with <type>test-jar</type>");
        }
        return target;
    }

    private static void copy(Path source, Path target) {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                // of another file system when it is in an archive
                Path copy = target.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
