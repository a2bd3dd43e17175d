package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in {@code target/dist}, and what must not be. */
class DistIT {

    private static final Path DIST = Path.of(System.getProperty("advunlearn.dist"));
    private static final int JAVA_17 = 61;

    private static List<Path> jars(String directory) throws IOException {
        try (Stream<Path> files = Files.list(DIST.resolve(directory))) {
            return files.sorted().toList();
        }
    }

    private static List<Path> allJars() throws IOException {
        return Stream.concat(jars("plugins").stream(), jars("deps").stream()).toList();
    }

    private static List<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName).toList();
        }
    }

    @Test
    void thePluginIsOneJarWithItsDescriptorAndItsShim() throws IOException {
        List<Path> plugins = jars("plugins");
        assertThat(plugins).hasSize(1);
        assertThat(entries(plugins.get(0))).filteredOn(name -> name.endsWith(".class"))
                .containsExactly("io/advunlearn/djlserving/plugin/AdvUnlearnPlugin.class");
        assertThat(entries(plugins.get(0))).contains("META-INF/plugin.definition");
    }

    @Test
    void noJarHoldsAClassOfTheServers() throws IOException {
        for (Path jar : allJars()) {
            assertThat(entries(jar)).as(jar.getFileName().toString()).noneMatch(
                    name -> name.startsWith("ai/djl/") || name.startsWith("io/netty/") || name.startsWith("org/slf4j/") || name.endsWith(".so"));
        }
    }

    @Test
    void everyClassOfOursRunsOnJava17() throws IOException {
        for (Path jar : allJars().stream().filter(file -> file.getFileName().toString().startsWith("advunlearn")).toList()) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (JarEntry entry : file.stream().filter(member -> member.getName().endsWith(".class")).toList()) {
                    assertThat(version(file, entry)).as(entry.getName()).isLessThanOrEqualTo(JAVA_17);
                }
            }
        }
    }

    private static int version(JarFile file, JarEntry entry) throws IOException {
        try (InputStream stream = file.getInputStream(entry); DataInputStream data = new DataInputStream(stream)) {
            data.readInt();
            data.readUnsignedShort();
            return data.readUnsignedShort();
        }
    }

    @Test
    void depsHoldOurClassesAndWhatTheServerLacks() throws IOException {
        assertThat(jars("deps").stream().map(jar -> jar.getFileName().toString().replaceAll("-[0-9].*", ""))).containsExactly("advunlearn-core",
                "advunlearn-djl-serving", "bucket4j_jdk17-core", "ejml-core", "ejml-ddense", "jackson-annotations", "jackson-core", "jackson-databind",
                "jackson-dataformat-yaml", "jackson-datatype-jsr310", "jmustache", "snakeyaml");
    }

    @Test
    void theModelIsCompleteAndNamesClassesOfDeps() throws IOException {
        Path model = DIST.resolve("models").resolve("emoji-sd");
        assertThat(model.resolve("unet").resolve("config.json")).isRegularFile();
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(model.resolve("serving.properties"))) {
            properties.load(file);
        }
        Path deps = jars("deps").stream().filter(jar -> jar.getFileName().toString().startsWith("advunlearn-djl-serving")).findFirst().orElseThrow();
        for (String name : List.of("translatorFactory", "blockFactory")) {
            assertThat(entries(deps)).contains(properties.getProperty(name).replace('.', '/') + ".class");
        }
    }

    @Test
    void theConfigurationIsTheServers() throws IOException {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(DIST.resolve("config.properties"))) {
            properties.load(file);
        }
        assertThat(properties).containsEntry("model_store", "models").containsEntry("plugin_folder", "plugins");
        assertThat(properties.getProperty("inference_address")).isEqualTo(properties.getProperty("management_address"));
    }
}
