package io.advunlearn.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A local repository as {@code mvn install} would leave it, without touching the user's: the extension of this build, and links to everything else in
 * the user's.
 */
final class ReactorRepository {

    private static final Path CHECKOUT = Path.of(System.getProperty("advunlearn.checkout"));
    private static final String VERSION = System.getProperty("advunlearn.version");

    private ReactorRepository() {
    }

    /** @return {@code root}, which is created */
    static Path make(Path root) throws IOException {
        Path users = Path.of(System.getProperty("maven.repo.local"));
        link(users, root, "io");
        link(users.resolve("io"), root.resolve("io"), "advunlearn");
        install(root, "advunlearn-parent", CHECKOUT);
        install(root, "advunlearn-core", CHECKOUT.resolve("src/core"), ".jar");
        install(root, "quarkus-advunlearn", CHECKOUT.resolve("src/runtime"), ".jar", "-tests.jar");
        install(root, "quarkus-advunlearn-deployment", CHECKOUT.resolve("src/deployment"), ".jar");
        return root;
    }

    /** Links to everything in a folder but one, which is made anew. */
    private static void link(Path from, Path to, String except) throws IOException {
        Files.createDirectories(to.resolve(except));
        try (Stream<Path> children = Files.list(from)) {
            for (Path child : (Iterable<Path>) children.filter(child -> !child.endsWith(except))::iterator) {
                Files.createSymbolicLink(to.resolve(child.getFileName()), child);
            }
        }
    }

    private static void install(Path root, String artifact, Path module, String... built) throws IOException {
        String name = artifact + "-" + VERSION;
        Path folder = Files.createDirectories(root.resolve("io/advunlearn").resolve(artifact).resolve(VERSION));
        Files.copy(module.resolve("pom.xml"), folder.resolve(name + ".pom"));
        for (String end : built) {
            Files.copy(module.resolve("target").resolve(name + end), folder.resolve(name + end));
        }
    }
}
