package io.advunlearn.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.gateway.cli.AdminClient;
import io.advunlearn.gateway.demo.GatewayProcess;
import io.advunlearn.gateway.demo.ImageClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** The packaged gateway in a process of its own, with a working directory that survives its crashes. */
public final class ChildGateway implements AutoCloseable {

    public static final String PIPELINE = "emoji-sd";
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final String key = UUID.randomUUID().toString();
    private final Path work;
    private final String name;
    private final List<String> options;
    private GatewayProcess process;
    private AdminClient admin;
    private Path log;
    private int starts;

    public ChildGateway(String... jvmOptions) throws IOException, InterruptedException {
        this(newFolder(), "gateway", jvmOptions);
    }

    /**
     * One of several that share a working directory, and with it the registry.
     *
     * @param name the replica's
     */
    ChildGateway(Path work, String name, String... jvmOptions) throws IOException, InterruptedException {
        this(work, name, List.of(jvmOptions));
        start();
    }

    private ChildGateway(Path work, String name, List<String> jvmOptions) {
        this.work = work;
        this.name = name;
        options = new ArrayList<>(List.of("-Dquarkus.advunlearn.replica=" + name));
        options.addAll(jvmOptions);
        options.add("-Dquarkus.advunlearn.registry-directory=" + registry());
        options.add("-Dquarkus.advunlearn.import-directory=" + work.resolve("imports"));
        options.add("-Dadvunlearn.models=" + System.getProperty("advunlearn.models"));
    }

    static Path newFolder() throws IOException {
        return Files.createDirectories(Path.of("target", "it-" + UUID.randomUUID()).toAbsolutePath());
    }

    /** Another replica of the same registry. */
    ChildGateway beside(String... jvmOptions) throws IOException, InterruptedException {
        return new ChildGateway(work, "beside-" + UUID.randomUUID(), jvmOptions);
    }

    String name() {
        return name;
    }

    /** One that is not started yet, so that its registry can be filled before. */
    public static ChildGateway stopped(String... jvmOptions) throws IOException {
        return new ChildGateway(newFolder(), "gateway", List.of(jvmOptions));
    }

    public void start() throws IOException, InterruptedException {
        log = work.resolve(name + "-" + ++starts + ".log");
        process = GatewayProcess.start(Path.of(System.getProperty("advunlearn.gateway.jar")), key, options, log);
        admin = new AdminClient(process.managementUri(), key);
    }

    public void kill() throws InterruptedException {
        process.kill();
    }

    public String key() {
        return key;
    }

    public URI uri() {
        return process.uri();
    }

    public URI managementUri() {
        return process.managementUri();
    }

    public long pid() {
        return process.pid();
    }

    boolean isReady() throws IOException, InterruptedException {
        HttpRequest ready = HttpRequest.newBuilder(managementUri().resolve("/q/health/ready")).build();
        return HttpClient.newHttpClient().send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    public Path registry() {
        return work.resolve("registry");
    }

    /** What it has printed since its last start. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    public AdminClient admin() {
        return admin;
    }

    public ImageClient images() {
        return new ImageClient(process.uri(), PIPELINE);
    }

    public Path imports() {
        return work.resolve("imports");
    }

    /** Imports the model's own encoder with scaled weights. */
    public void importScaled(String id, float factor) throws IOException {
        EncoderFixture.scaled(imports().resolve(id), factor);
        admin().post("/encoders", Map.of("id", id, "folder", id));
    }

    public JsonNode promote(String encoder) {
        return admin().put("/pipelines/" + PIPELINE + "/text-encoder", Map.of("encoder", encoder));
    }

    /** Waits until a job is over or has got somewhere. */
    public JsonNode awaitJob(String path, Predicate<JsonNode> reached) throws InterruptedException {
        return awaitJob(path, reached, LIMIT);
    }

    public JsonNode awaitJob(String path, Predicate<JsonNode> reached, Duration limit) throws InterruptedException {
        long deadline = System.currentTimeMillis() + limit.toMillis();
        while (true) {
            JsonNode job = admin().get(path);
            if (reached.test(job)) {
                return job;
            }
            if (job.path("state").asText().equals("failed") || System.currentTimeMillis() > deadline) {
                throw new AssertionError(path + ": " + job);
            }
            Thread.sleep(50);
        }
    }

    /** Resident memory of the process, kilobytes, after a collection: mapped weight files and direct buffers live until then. */
    public long residentKilobytes() throws IOException, InterruptedException {
        Process collection = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(process.pid()), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectErrorStream(true).start();
        if (collection.waitFor() != 0) {
            throw new IOException("jcmd GC.run failed");
        }
        return ProcessSample.of(process.pid()).residentKilobytes();
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
