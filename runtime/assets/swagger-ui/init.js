// Starts the page. It is a file of its own because the page's policy forbids scripts in the text.
window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    // Nothing leaves the machine: no badge of an online validator.
    validatorUrl: null,
  });
});
