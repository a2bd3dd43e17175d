package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jars in the class loaders that DJL Serving makes: {@code lib/} above {@code deps/}, {@code plugins/} beside
 * {@code deps/}. The plugin and the model have to meet in one service.
 */
class ClassLoaderTreeIT {

    private static final Path DIST = Path.of(System.getProperty("advunlearn.dist"));
    private static final Path MODEL = DIST.resolve("models").resolve("emoji-sd");
    private static final String TOKEN = "a-token-for-tests-only";
    private static final String ADMIN = "/admin/advunlearn";

    /** What a stock server's lib/ has of our class path: DJL, netty, SLF4J and what they need. */
    private static final List<String> SERVER_JARS = List.of("api-", "pytorch-", "tokenizers-", "netty-", "slf4j-", "gson-", "jna-", "commons-");

    @TempDir
    static Path work;

    private static Function<List<String>, Map<String, String>> server;

    @BeforeAll
    static void buildTheTree() throws Exception {
        EncoderFixture.scaled(MODEL.resolve("text_encoder"), work.resolve("imports").resolve("other"), 1.02f);
        System.setProperty("MODEL_SERVER_HOME", DIST.toString());
        System.setProperty("advunlearn.registry-directory", work.resolve("registry").toString());
        System.setProperty("advunlearn.import-directory", work.resolve("imports").toString());
        System.setProperty("advunlearn.admin.token", TOKEN);
        ClassLoader lib = new URLClassLoader(lib(), ClassLoader.getPlatformClassLoader());
        assertThatThrownBy(() -> lib.loadClass("io.advunlearn.service.AdvUnlearnService")).isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> lib.loadClass("com.fasterxml.jackson.databind.ObjectMapper")).isInstanceOf(ClassNotFoundException.class);
        server = server(lib);
        server.apply(List.of("load-plugins", DIST.resolve("plugins").toString()));
        server.apply(List.of("load-model", MODEL.toString()));
    }

    @AfterAll
    static void stop() {
        server.apply(List.of("unload-model"));
    }

    @SuppressWarnings("unchecked")
    private static Function<List<String>, Map<String, String>> server(ClassLoader lib) throws ReflectiveOperationException {
        return (Function<List<String>, Map<String, String>>) lib.loadClass("ai.djl.serving.ServerDouble").getConstructor().newInstance();
    }

    private static URL[] lib() throws IOException {
        List<URL> urls = new ArrayList<>();
        Path classes = Files.createDirectories(work.resolve("server-classes"));
        urls.add(classes.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                copyServerClasses(path, classes);
            } else if (SERVER_JARS.stream().anyMatch(path.getFileName().toString()::startsWith)) {
                urls.add(path.toUri().toURL());
            }
        }
        return urls.toArray(URL[]::new);
    }

    /** The stub and the doubles of the server's own classes. */
    private static void copyServerClasses(Path from, Path to) throws IOException {
        Path server = from.resolve("ai");
        if (!Files.isDirectory(server)) {
            return;
        }
        try (Stream<Path> files = Files.walk(server)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    private static Map<String, String> predict(String accept) {
        return server.apply(List.of("predict", "{\"prompt\": \"a dog\", \"seed\": 3, \"num_inference_steps\": 2}", accept));
    }

    private static Map<String, String> http(String method, String path, String body) {
        return server.apply(List.of("http", method, path, TOKEN, body));
    }

    @Test
    void generatesSwapsAndGeneratesThroughTheSamePipeline() {
        Map<String, String> before = predict("image/png");
        assertThat(before).containsEntry("status", "200").containsEntry("Content-Type", "image/png");
        assertThat(before.get("X-Encoder-Version")).startsWith("base@");

        assertThat(http("POST", ADMIN + "/encoders", "{\"id\": \"other\", \"folder\": \"other\"}")).containsEntry("status", "201");
        assertThat(http("PUT", ADMIN + "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"other\"}")).containsEntry("status", "200");

        Map<String, String> after = predict("image/png");
        assertThat(after.get("X-Encoder-Version")).startsWith("other@");
        assertThat(after.get("body")).isNotEqualTo(before.get("body"));
        Map<String, String> throughThePlugin = http("POST", "/v1/images/generations", "{\"prompt\": \"a dog\", \"num_inference_steps\": 1}");
        assertThat(throughThePlugin.get("X-Encoder-Version")).isEqualTo(after.get("X-Encoder-Version"));
    }

    @Test
    void theModelAnswersJsonAndErrorsToo() {
        assertThat(predict("application/json")).containsEntry("status", "200").containsEntry("Content-Type", "application/json")
                .hasEntrySatisfying("body", body -> assertThat(body).contains("b64_json"));
        Map<String, String> wrong = server.apply(List.of("predict", "{\"prompt\": \"x\", \"model\": \"other\"}", "*/*"));
        assertThat(wrong).containsEntry("status", "400").hasEntrySatisfying("body", body -> assertThat(body).contains("\"param\":\"model\""));
    }

    @Test
    void unloadingTheModelTakesThePipelineAwayAndLoadingBringsItBack() {
        server.apply(List.of("unload-model"));
        assertThat(http("GET", "/v1/models", "").get("body")).contains("\"data\":[]");
        server.apply(List.of("load-model", MODEL.toString()));
        assertThat(http("GET", "/v1/models", "").get("body")).contains("emoji-sd");
        assertThat(predict("image/png")).containsEntry("status", "200");
    }

    @Test
    void aSecondModelOfTheSamePipelineIsRefused() {
        assertThatThrownBy(() -> server(server.getClass().getClassLoader()).apply(List.of("load-model", MODEL.toString())))
                .hasStackTraceContaining("there is a pipeline emoji-sd already");
        assertThat(predict("image/png")).containsEntry("status", "200");
    }
}
