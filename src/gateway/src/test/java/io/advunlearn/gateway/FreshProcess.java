package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A packaged Quarkus application in a process of its own, on free ports of this machine. */
record FreshProcess(Process process, URI uri, URI management) implements AutoCloseable {

    private static final int STOP_SECONDS = 40;

    /** @param application its folder, which is also its working directory; @param environment what its user sets; returns when it is ready */
    static FreshProcess start(Path application, Map<String, String> environment) throws IOException, InterruptedException {
        int port = freePort();
        int managementPort = freePort();
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
                "target/quarkus-app/quarkus-run.jar");
        builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        builder.environment().put("QUARKUS_MANAGEMENT_PORT", Integer.toString(managementPort));
        builder.environment().put("ADVUNLEARN_MODELS", System.getProperty("advunlearn.models"));
        builder.environment().putAll(environment);
        Process process = builder.directory(application.toFile()).redirectErrorStream(true)
                .redirectOutput(application.resolve("application-" + port + ".log").toFile()).start();
        FreshProcess started = new FreshProcess(process, URI.create("http://localhost:" + port), URI.create("http://localhost:" + managementPort));
        TestGateway.await("the application in " + application + " to be ready", started::isReady);
        return started;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("it ended with " + process.exitValue());
        }
        try (Socket socket = new Socket(management.getHost(), management.getPort())) {
            return given().get(management.resolve("/q/health/ready")).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
