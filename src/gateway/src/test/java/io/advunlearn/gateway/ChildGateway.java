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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The packaged gateway in a process of its own, with a working directory that survives its crashes. */
final class ChildGateway implements AutoCloseable {

    static final String PIPELINE = "emoji-sd";
    private static final long LIMIT_MILLIS = 240_000;

    private final String key = UUID.randomUUID().toString();
    private final Path work;
    private final String name;
    private final List<String> options;
    private GatewayProcess process;
    private int starts;

    ChildGateway(String... jvmOptions) throws IOException, InterruptedException {
        this(newFolder(), "gateway", jvmOptions);
    }

    /**
     * One of several that share a working directory, and with it the registry.
     *
     * @param name the replica's
     */
    ChildGateway(Path work, String name, String... jvmOptions) throws IOException, InterruptedException {
        this.work = work;
        this.name = name;
        options = new ArrayList<>(List.of("-Dquarkus.advunlearn.replica=" + name));
        options.addAll(List.of(jvmOptions));
        options.add("-Dquarkus.advunlearn.registry-directory=" + work.resolve("registry"));
        options.add("-Dquarkus.advunlearn.import-directory=" + work.resolve("imports"));
        options.add("-Dadvunlearn.models=" + System.getProperty("advunlearn.models"));
        start();
    }

    static Path newFolder() throws IOException {
        return Files.createDirectories(Path.of("target", "it-" + UUID.randomUUID()).toAbsolutePath());
    }

    /** Another replica of the same registry. */
    ChildGateway beside(String... jvmOptions) throws IOException, InterruptedException {
        return new ChildGateway(work, "beside-" + UUID.randomUUID(), jvmOptions);
    }

    void start() throws IOException, InterruptedException {
        process = GatewayProcess.start(Path.of(System.getProperty("advunlearn.gateway.jar")), key, options,
                work.resolve(name + "-" + ++starts + ".log"));
    }

    String name() {
        return name;
    }

    void kill() throws InterruptedException {
        process.kill();
    }

    String key() {
        return key;
    }

    URI managementUri() {
        return process.managementUri();
    }

    AdminClient admin() {
        return new AdminClient(process.managementUri(), key);
    }

    boolean isReady() throws IOException, InterruptedException {
        HttpRequest ready = HttpRequest.newBuilder(managementUri().resolve("/q/health/ready")).build();
        return HttpClient.newHttpClient().send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    ImageClient images() {
        return new ImageClient(process.uri(), PIPELINE);
    }

    Path imports() {
        return work.resolve("imports");
    }

    /** Imports the model's own encoder with scaled weights. */
    void importScaled(String id, float factor) throws IOException {
        EncoderFixture.scaled(imports().resolve(id), factor);
        admin().post("/encoders", Map.of("id", id, "folder", id));
    }

    JsonNode promote(String encoder) {
        return admin().put("/pipelines/" + PIPELINE + "/text-encoder", Map.of("encoder", encoder));
    }

    /** Waits until a job is over or has got somewhere. */
    JsonNode awaitJob(String path, java.util.function.Predicate<JsonNode> reached) throws InterruptedException {
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS;
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
    long residentKilobytes() throws IOException, InterruptedException {
        Process collection = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(process.pid()), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectErrorStream(true).start();
        if (collection.waitFor() != 0) {
            throw new IOException("jcmd GC.run failed");
        }
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", ""))).findFirst().orElseThrow();
    }

    @Override
    public void close() {
        process.close();
    }
}
