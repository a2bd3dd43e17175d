package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.gateway.cli.GatewayCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParseResult;

/** The component for erasures as jobs, beside the gateways that share its registry. */
class ErasureJobTest {

    @TempDir
    private Path directory;
    private List<ObjectNode> rendered;
    private JsonNode job;
    private JsonNode container;

    @BeforeEach
    void render() throws IOException {
        Path only = Files.createDirectories(ManifestsTest.copy(directory).resolve("overlays/only"));
        Files.writeString(only.resolve("kustomization.yaml"), "{kind: Kustomization, resources: [../ha], components: [../../components/erasure-job]}");
        rendered = Kustomization.build(only);
        job = Manifests.only(rendered, "Job");
        container = job.at("/spec/template/spec/containers/0");
    }

    @Test
    void followsTheKubernetesApiAndLeavesTheRestAlone() {
        assertThat(rendered).allSatisfy(KubernetesApi::validate);
        assertThat(Manifests.byId(rendered)).containsAllEntriesOf(Manifests.byId(Kustomization.build(ManifestsTest.overlay("ha")))).hasSize(9);
    }

    @Test
    void aQueueOfKueueMayHoldIt() {
        assertThat(job.at("/metadata/labels").path("kueue.x-k8s.io/queue-name").asText()).isEqualTo("advunlearn");
        assertThat(container.at("/resources/requests").has("cpu")).as("what Kueue counts").isTrue();
        assertThat(container.at("/resources/requests").has("memory")).isTrue();
    }

    @Test
    void theCommandLineTakesItsArguments() {
        String[] arguments = Manifests.elements(container.path("args")).stream().map(JsonNode::asText).toArray(String[]::new);
        ParseResult erase = GatewayCommand.commandLine().parseArgs(arguments).subcommand();
        assertThat(erase.commandSpec().name()).isEqualTo("erase");
        Path registry = erase.matchedOptionValue("--registry", null);
        Path work = erase.matchedOptionValue("--out", null);
        String id = erase.matchedOptionValue("--register", null);
        assertThat(container.path("volumeMounts").findValuesAsText("mountPath")).contains(registry.toString());
        assertThat(work).as("a pod that goes on finds the checkpoint").startsWithRaw(registry).endsWithRaw(Path.of(id));
        assertThat(container.path("image").asText()).isEqualTo(System.getProperty("advunlearn.gateway.image"));
    }

    /** No service sends it requests, it has no more rights than a gateway, and it talks to nobody. */
    @Test
    void isNoGateway() {
        JsonNode labels = job.at("/spec/template/metadata/labels");
        assertThat(Manifests.ofKind(rendered, "Service")).noneMatch(service -> service.at("/spec/selector").equals(labels));
        JsonNode gateway = Manifests.only(rendered, "Deployment").at("/spec/template/spec");
        assertThat(job.at("/spec/template/spec/securityContext")).isEqualTo(gateway.path("securityContext"));
        assertThat(container.path("securityContext")).isEqualTo(gateway.at("/containers/0/securityContext"));
        assertThat(job.at("/spec/template/spec").path("automountServiceAccountToken").asBoolean(true)).isFalse();
        JsonNode policy = Manifests.byId(rendered).get("NetworkPolicy/advunlearn-erase");
        assertThat(policy.at("/spec/podSelector/matchLabels")).isEqualTo(labels);
        assertThat(policy.path("spec").has("ingress") || policy.path("spec").has("egress")).isFalse();
    }
}
