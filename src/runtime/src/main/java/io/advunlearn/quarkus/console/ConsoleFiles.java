package io.advunlearn.quarkus.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The console's files, which hold nothing that is not in every copy of this extension. Only those that are named here can be asked for. */
final class ConsoleFiles {

    private static final String FOLDER = "/io/advunlearn/console/";
    private static final String INDEX = "index.html";
    private static final Set<String> NAMES = Set.of(INDEX, "console.css", "app.js", "api.js", "view.js", "jobs.js", "curves.js", "pipelines.js", "routes.js",
            "encoders.js", "gallery.js", "uploads.js", "erasures.js", "evaluations.js", "audit.js", "lib/lit-html.js", "lib/uPlot.esm.js", "lib/uPlot.min.css",
            "lib/sha256.min.js");
    private static final Map<String, String> TYPES = Map.of("html", "text/html; charset=utf-8", "css", "text/css; charset=utf-8", "js",
            "text/javascript; charset=utf-8");

    private final Map<String, File> read = new ConcurrentHashMap<>();

    /** @param type its media type */
    record File(String type, byte[] content) { }

    /** @param name below the console's path; empty for the page itself */
    Optional<File> find(String name) {
        String file = name.isEmpty() ? INDEX : name;
        return NAMES.contains(file) ? Optional.of(read.computeIfAbsent(file, ConsoleFiles::read)) : Optional.empty();
    }

    private static File read(String name) {
        try (InputStream in = ConsoleFiles.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalStateException("the console's file " + name + " is not in the extension");
            }
            return new File(TYPES.get(name.substring(name.lastIndexOf('.') + 1)), in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
